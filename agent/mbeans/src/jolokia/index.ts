export { callerRefusal } from './caller.ts'
export type { EventFeed } from './event-feed.ts'
export { type JolokiaOptions, jolokiaPlugin } from './plugin.ts'
