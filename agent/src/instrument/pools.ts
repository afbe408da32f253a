/**
 * Waits for the pools of tarn (Knex), generic-pool and sequelize-pool, which lend anything. A pool of database connections is named like the statements that run on
 * them; another one by the library and the place that made it.
 */
import { CapturedStack } from '../call-site/call-site.ts'
import { attempt } from '../guard/guard.ts'
import { now } from '../recorder/clock.ts'
import { type PoolWait, poolWait } from '../recorder/kinds/pool-wait.ts'
import { recordPoolWait } from '../recorder/record-pool-wait.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { connectionName } from './connection-name.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'

interface Pool {
  acquire: (this: Pool, ...args: unknown[]) => unknown
}
type PoolClass = (new (...args: unknown[]) => Pool) & { readonly prototype: Pool }
type Acquire = Pool['acquire']

const common = {
  by: 'module hook',
  records: 'waits for the pool',
  kinds: [poolWait.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
} as const

export const tarn: Instrumentation = {
  ...common,
  name: 'tarn',
  package: 'tarn',
  versions: ['2.0.0', '4.0.0'],
  mark: 'Tarn: opt.create function most be provided',
  attach: ({ recorder }) => [
    {
      file: /^dist\/Pool\.js$/,
      apply(library: { Pool: PoolClass }) {
        // What it returns has the promise as a property, which it replaces itself.
        library.Pool = recordedPool(library.Pool, 'tarn', recorder, (pending, ended) => {
          const request = pending as { promise: PromiseLike<unknown> }
          request.promise = ended(request.promise)
          return request
        })
      },
    },
  ],
}

export const genericPool: Instrumentation = {
  ...common,
  name: 'generic-pool',
  package: 'generic-pool',
  versions: ['3.0.0', '4.0.0'],
  mark: 'pool is draining and cannot accept work',
  attach: ({ recorder }) => [
    {
      file: /^lib\/Pool\.js$/,
      append: (call) => `module.exports = ${call} module.exports)`,
      apply: (original: PoolClass) => recordedPool(original, 'generic-pool', recorder, endedPromise),
    },
  ],
}

export const sequelizePool: Instrumentation = {
  ...common,
  name: 'sequelize-pool',
  package: 'sequelize-pool',
  versions: ['6.0.0', '9.0.0'],
  records: 'waits for the pool of Sequelize',
  attach: ({ recorder }) => [
    {
      file: /^lib\/Pool\.js$/,
      apply(library: { Pool: PoolClass }) {
        library.Pool = recordedPool(library.Pool, 'sequelize-pool', recorder, endedPromise)
      },
    },
  ],
}

type WithEnd = (promise: PromiseLike<unknown>) => PromiseLike<unknown>
const endedPromise = (result: unknown, ended: WithEnd): unknown => ended(result as PromiseLike<unknown>)

/** The class, each object of which records how long its borrowers wait. */
function recordedPool(
  original: PoolClass,
  library: string,
  recorder: Recorder,
  endIn: (result: unknown, ended: WithEnd) => unknown,
): PoolClass {
  const { acquire } = original.prototype
  if (typeof acquire !== 'function') throw fail('SPY_AGENT_LIBRARY', [library, 'acquire'])
  original.prototype.acquire = patchedAcquire(acquire, new Waits(recorder, library), endIn)
  const RecordedPool = class Pool extends original {
    constructor(...args: unknown[]) {
      super(...args)
      attempt('pool.made', () => void made.set(this, new CapturedStack(RecordedPool as unknown as () => unknown)), undefined)
    }
  }
  return RecordedPool
}

function patchedAcquire(acquire: Acquire, waits: Waits, endIn: (result: unknown, ended: WithEnd) => unknown): Acquire {
  return function acquireRecorded(this: Pool, ...args) {
    const askedMs = now()
    return endIn(acquire.apply(this, args), (promise) =>
      promise.then(
        (resource) => {
          waits.lent(this, askedMs, resource)
          return resource
        },
        (error: unknown) => {
          waits.failed(this, askedMs, error)
          throw error
        },
      ),
    )
  }
}

/** Where each pool was made. */
const made = new WeakMap<object, CapturedStack>()

class Waits {
  readonly #recorder: Recorder
  readonly #library: string
  /** Of pools that have lent something. */
  readonly #names = new WeakMap<object, PoolWait>()

  constructor(recorder: Recorder, library: string) {
    this.#recorder = recorder
    this.#library = library
  }

  lent(pool: object, askedMs: number, resource: unknown): void {
    attempt(this.#library, () => recordPoolWait(this.#recorder, this.#nameOf(pool, resource), askedMs), undefined)
  }

  failed(pool: object, askedMs: number, error: unknown): void {
    attempt(
      this.#library,
      () => recordPoolWait(this.#recorder, this.#nameOf(pool, undefined), askedMs, error ?? new Error('undefined')),
      undefined,
    )
  }

  #nameOf(pool: object, resource: unknown): PoolWait {
    const known = this.#names.get(pool)
    if (known) return known
    const name = connectionName(resource) ?? { system: '', pool: `${this.#library} ${made.get(pool)?.location() ?? ''}`.trim() }
    if (resource !== undefined) this.#names.set(pool, name)
    return name
  }
}
