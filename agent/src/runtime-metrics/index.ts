export { type GcTotals, garbageCollections, MINOR_MARK_SWEEP } from './garbage-collections.ts'
export { openFileDescriptors } from './node-process.ts'
export { registerRuntime } from './register-runtime.ts'
