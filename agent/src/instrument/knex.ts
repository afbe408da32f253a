/**
 * The lines that Knex is called at. A query runs when it is awaited, and then nobody of the application is on the stack: its place is where it was made,
 * `knex('orders')`. Its statements are recorded where the driver is.
 */
import { CapturedStack } from '../call-site/call-site.ts'
import { attempt } from '../guard/guard.ts'
import { bound, currentRecord, runCalledFrom } from '../recorder/context.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'

const SITE = Symbol('spyglass.site')

type Method = (this: object, ...args: unknown[]) => unknown
type Prototype = Record<string, Method>
/** Something that runs when it is awaited. */
interface Query {
  [SITE]?: CapturedStack
}
type Augment = (target: { readonly prototype: Prototype }) => void

export const knex: Instrumentation = {
  name: 'knex',
  package: 'knex',
  versions: ['1.0.0', '4.0.0'],
  by: 'module hook',
  records: 'call sites of the statements of its driver',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx'],
  mark: 'Knex: Timeout acquiring a connection',
  attach: () => [
    // Databases have builders of their own.
    { file: /^lib\/(?:client|dialects\/[\w-]+\/index)\.js$/, apply: ({ prototype }: { prototype: Prototype }) => patchMakers(prototype) },
    {
      file: /^lib\/builder-interface-augmenter\.js$/,
      apply(library: { augmentWithBuilderInterface: Augment }) {
        library.augmentWithBuilderInterface = patchedAugment(library.augmentWithBuilderInterface)
      },
    },
  ],
}

function patchMakers(prototype: Prototype): void {
  for (const name of ['queryBuilder', 'schemaBuilder', 'raw']) {
    const make = Object.hasOwn(prototype, name) ? prototype[name] : undefined
    if (!make) continue
    prototype[name] = function makeQuery(...args) {
      const query = make.apply(this, args) as Query
      attempt('knex.site', () => noteSite(query, makeQuery), undefined)
      return query
    }
  }
}

function noteSite(query: Query, calledFrom: Method): void {
  if (currentRecord()) query[SITE] = new CapturedStack(calledFrom)
}

function patchedAugment(augment: Augment): Augment {
  if (typeof augment !== 'function') throw fail('SPY_AGENT_LIBRARY', ['knex', 'augmentWithBuilderInterface'])
  return (target) => {
    augment(target)
    for (const name of ['then', 'stream']) {
      const original = target.prototype[name]
      if (original) target.prototype[name] = fromItsSite(original)
    }
  }
}

/** What it calls when it is done belongs to the application again. */
function fromItsSite(original: Method): Method {
  return function runFromItsSite(this: Query, ...args) {
    const { [SITE]: site } = this
    if (!site) return original.apply(this, args)
    const outer = args.map((arg) => (typeof arg === 'function' ? bound(arg as () => unknown) : arg))
    return runCalledFrom(site, () => original.apply(this, outer))
  }
}
