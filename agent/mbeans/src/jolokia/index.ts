export { callerRefusal } from './caller.ts'
export { type JolokiaOptions, jolokiaPlugin } from './plugin.ts'
