/** Which request the code runs in: the request context that travels with the application's asynchronous work. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { CapturedStack } from '../call-site/call-site.ts'
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

let entered: ((requestContext: RequestContext) => void) | undefined

/** Calls `listener` whenever a request's context is entered, within it. There is one: the profiler. */
export function onEntered(listener: ((requestContext: RequestContext) => void) | undefined): void {
  entered = listener
}

/** Makes it the context of all that follows from here. */
export function enterRequestContext(requestContext: RequestContext | undefined): void {
  storage.enterWith(requestContext as RequestContext)
  if (requestContext) entered?.(requestContext)
}

export function runInRequestContext<A extends unknown[], R>(
  requestContext: RequestContext | undefined,
  fn: (...args: A) => R,
  ...args: A
): R {
  const listener = entered
  if (!listener || !requestContext) return storage.run(requestContext as RequestContext, fn, ...args)
  return storage.run(requestContext, () => {
    listener(requestContext)
    return fn(...args)
  })
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

/** Calls `fn` so that what it starts in this request, also later, was called from `site`. */
export function runCalledFrom<R>(site: CapturedStack | undefined, fn: () => R): R {
  const outer = storage.getStore()
  if (!site || !outer?.root.record) return fn()
  const requestContext = new RequestContext(undefined, outer.root, outer.context)
  requestContext.site = site
  return storage.run(requestContext, fn)
}
