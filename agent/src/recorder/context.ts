/**
 * What travels with the application's asynchronous work. A socket opened during a request keeps its context for ever, so the value
 * is a slim slot whose record is taken out when the request ends: whoever finds an empty slot finds no request.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from '@opentelemetry/api'
import type { TraceRecord } from './trace-record.ts'

export class Slot {
  record: TraceRecord | undefined
  /** The slot of the request itself; differs for a context that the application made with the OpenTelemetry API. */
  readonly root: Slot
  /** OpenTelemetry's context here; for a request's own slot made on demand. */
  context: Context | undefined

  constructor(record: TraceRecord | undefined, root?: Slot, context?: Context) {
    this.record = record
    this.root = root ?? this
    this.context = context
  }
}

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
