/** Which request the code runs in: the slot that travels with the application's asynchronous work. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { SlotOf } from './slot.ts'
import type { TraceRecord } from './trace-record.ts'

export type Slot = SlotOf<TraceRecord>
export const Slot = SlotOf<TraceRecord>

const storage = new AsyncLocalStorage<Slot>({ name: 'spyglass' })

export function currentSlot(): Slot | undefined {
  return storage.getStore()
}

/** The record of the request that runs now. */
export function currentRecord(): TraceRecord | undefined {
  return storage.getStore()?.root.record
}

/** Makes the slot the context of all that follows from here. */
export function enterSlot(slot: Slot): void {
  storage.enterWith(slot)
}

export function runInSlot<A extends unknown[], R>(slot: Slot | undefined, fn: (...args: A) => R, ...args: A): R {
  return storage.run(slot as Slot, fn, ...args)
}

/** Calls `fn` so that what it opens belongs to no request. */
export function runOutside<R>(fn: () => R): R {
  return storage.run(undefined as never, fn)
}

/** `fn` in the context of now, whenever and by whomever it is called. */
export function bound<A extends unknown[], R>(fn: (this: unknown, ...args: A) => R): (this: unknown, ...args: A) => R {
  const slot = storage.getStore()
  return function (this: unknown, ...args: A): R {
    return storage.run(slot as Slot, () => fn.apply(this, args))
  }
}
