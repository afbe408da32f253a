/** Registers what every process has: its heap, its event loop, what it holds. Each by itself, so that a fault of one leaves the others. */
import { attempt } from '../guard/guard.ts'
import type { Registry } from '../registry/registry.ts'
import { type EventLoopDelays, registerEventLoop } from './event-loop.ts'
import { registerHeap } from './heap.ts'
import { registerNodeProcess } from './node-process.ts'

/** `resolutionMs` is how often the event loop is looked at. Undefined: the loop could not be registered. */
export function registerRuntime(registry: Registry, processName: string, resolutionMs?: number): EventLoopDelays | undefined {
  attempt('heap', () => registerHeap(registry, processName), undefined)
  attempt('node-process', () => registerNodeProcess(registry, processName), undefined)
  return attempt('event-loop', () => registerEventLoop(registry, processName, resolutionMs), undefined)
}
