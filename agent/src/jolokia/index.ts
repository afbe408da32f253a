export { type JolokiaOptions, jolokiaPlugin, MAX_BULK } from './plugin.ts'
export { EVENTS_NAME } from './notifications.ts'
export { type ObjectName, compilePattern, parseObjectName } from './object-name.ts'
