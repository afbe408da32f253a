/** Libraries that talk to a database for the application, often much later: what they start was called from where the application called them. */
import { CapturedStack } from '../call-site/call-site.ts'
import { attempt } from '../guard/guard.ts'
import { currentRequestContext, runCalledFrom } from '../recorder/context.ts'

type Method = (this: object, ...args: unknown[]) => unknown
export type Methods = Record<string, Method>

/** Replaces the methods of these names that `owner` itself has. */
export function noteCallSites(owner: Methods, names: Iterable<string>): void {
  for (const name of names) {
    const original = Object.hasOwn(owner, name) ? owner[name] : undefined
    if (typeof original === 'function') owner[name] = fromItsCaller(original)
  }
}

function fromItsCaller(original: Method): Method {
  return function calledByApplication(...args) {
    return runCalledFrom(
      attempt('call-site', () => siteOf(calledByApplication), undefined),
      () => original.apply(this, args),
    )
  }
}

/** Where the application called the method, in a request. Such a method calls others: the outermost is the application's. */
export function siteOf(calledFrom: (...args: never[]) => unknown): CapturedStack | undefined {
  const requestContext = currentRequestContext()
  return requestContext?.root.record && !requestContext.site ? new CapturedStack(calledFrom) : undefined
}
