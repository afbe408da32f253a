/**
 * The lines that Prisma is called at. Its statements are recorded where the driver of its adapter is; what makes them is a promise that runs when somebody waits for
 * it, and then the application is on no stack. So the place is taken when the promise is made, by a function that its minified runtime has under any name.
 */
import { attempt } from '../guard/guard.ts'
import { runCalledFrom } from '../recorder/context.ts'
import { siteOf } from './call-sites.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'

/** Starts what the promise is for. */
type Start = (...args: unknown[]) => unknown
type CreatePromise = (start: Start, ...rest: unknown[]) => unknown
/** Called for each client and each interactive transaction. */
type CreateFactory = (...args: unknown[]) => CreatePromise

export const prisma: Instrumentation = {
  name: 'prisma',
  package: '@prisma/client',
  versions: ['7.0.0', '8.0.0'],
  by: 'module hook',
  records: 'call sites of the statements of its driver adapter',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx'],
  attach: () => [{ file: /^runtime\/client\.m?js$/, append: replaced, apply: notingCallSites }],
}

/** A client keeps what the function returns in a field whose name a minifier leaves. */
function replaced(call: string, source: string): string {
  const name = /\b_createPrismaPromise\s*=\s*([\w$]+)\(\)/.exec(source)?.[1]
  return name === undefined ? `${call} undefined)` : `try { ${name} = ${call} ${name}) } catch {}`
}

function notingCallSites(createFactory: CreateFactory): CreateFactory {
  if (typeof createFactory !== 'function') throw fail('SPY_AGENT_LIBRARY', ['prisma', 'createPrismaPromiseFactory'])
  return (...given) => {
    const create = createFactory(...given)
    return function createPromiseNoted(start, ...rest) {
      const site = attempt('prisma.site', () => siteOf(createPromiseNoted), undefined)
      return create(site ? (...args) => runCalledFrom(site, () => start(...args)) : start, ...rest)
    }
  }
}
