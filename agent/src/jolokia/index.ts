export { type JolokiaOptions, jolokiaPlugin } from './plugin.ts'
