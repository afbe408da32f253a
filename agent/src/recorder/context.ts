/** Which request the code runs in: the request context that travels with the application's asynchronous work. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { RequestContextOf } from './request-context.ts'
import type { TraceRecord } from './trace-record.ts'

export type RequestContext = RequestContextOf<TraceRecord>
export const RequestContext = RequestContextOf<TraceRecord>

const storage = new AsyncLocalStorage<RequestContext>({ name: 'spyglass' })

export function currentRequestContext(): RequestContext | undefined {
  return storage.getStore()
}

/** The record of the request that runs now. */
export function currentRecord(): TraceRecord | undefined {
  return storage.getStore()?.root.record
}

/** Makes it the context of all that follows from here. */
export function enterRequestContext(requestContext: RequestContext): void {
  storage.enterWith(requestContext)
}

export function runInRequestContext<A extends unknown[], R>(
  requestContext: RequestContext | undefined,
  fn: (...args: A) => R,
  ...args: A
): R {
  return storage.run(requestContext as RequestContext, fn, ...args)
}

/** Calls `fn` so that what it opens belongs to no request. */
export function runOutside<R>(fn: () => R): R {
  return storage.run(undefined as never, fn)
}

/** `fn` in the current context, whenever and from wherever it is called. */
export function bound<A extends unknown[], R>(fn: (this: unknown, ...args: A) => R): (this: unknown, ...args: A) => R {
  const requestContext = storage.getStore()
  return function (this: unknown, ...args: A): R {
    return storage.run(requestContext as RequestContext, () => fn.apply(this, args))
  }
}
