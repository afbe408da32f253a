/** Subscribes to what Node and libraries publish on `node:diagnostics_channel`. Nothing that a handler throws reaches the publisher. */
import { subscribe, tracingChannel } from 'node:diagnostics_channel'
import { guarded } from '../guard/guard.ts'

/** `handle` says of which type the messages are. */
export function onChannel(name: string, handle: (message: never) => void): void {
  subscribe(name, guarded(name, handle as (message: unknown) => void))
}

/** What a tracing channel publishes around one operation, on one object for all of its events. */
export interface TracingHandlers<M> {
  readonly start?: (message: M) => void
  /** The synchronous part has returned. */
  readonly end?: (message: M) => void
  readonly asyncStart?: (message: M) => void
  readonly asyncEnd?: (message: M) => void
  /** It failed, in either part; the end follows. */
  readonly error?: (message: M & { readonly error: unknown }) => void
}

/** `name` without `tracing:` and the event: `mysql2:query`. */
export function onTracing<M extends object>(name: string, handlers: TracingHandlers<M>): void {
  const guardedHandlers = Object.entries(handlers).map(([event, handle]) => [
    event,
    guarded(`${name}:${event}`, handle as (message: unknown) => void),
  ])
  tracingChannel<unknown, object>(name).subscribe(Object.fromEntries(guardedHandlers))
}
