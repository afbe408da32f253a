export { registerEventLoop } from './event-loop.ts'
export { registerHeap } from './heap.ts'
