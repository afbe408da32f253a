/**
 * Commands of node-redis, where a client puts them into its queue, so each of a transaction or pipeline as well. Its channels exist from 5.12 on, so that one way
 * is used for all versions. The queue does not know its server: of a client it is made first and the socket next, both as the client is.
 */
import { attempt } from '../guard/guard.ts'
import { CapturedStack } from '../call-site/call-site.ts'
import type { Child } from '../recorder/child.ts'
import { now } from '../recorder/clock.ts'
import { bound, runCalledFrom, runOutside } from '../recorder/context.ts'
import { poolWait } from '../recorder/kinds/pool-wait.ts'
import { type Statement, statement } from '../recorder/kinds/statement.ts'
import { recordPoolWait } from '../recorder/record-pool-wait.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { commandText } from './command-text.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'
import { passedOn } from './passed-on.ts'

const SYSTEM = 'redis'
const POOL_NAME = Symbol('spyglass.pool')

interface Queue {
  addCommand: AddCommand
  [POOL_NAME]?: string
}

type AddCommand = (this: Queue, args: readonly unknown[], ...rest: unknown[]) => PromiseLike<unknown>
type Connect = (this: object, ...args: unknown[]) => unknown
type Class<P> = (new (...args: unknown[]) => P) & { readonly prototype: P }
type SocketOptions = { readonly host?: string; readonly port?: number; readonly path?: string }
interface Client {
  readonly options?: { readonly socket?: SocketOptions }
}
type Use = (client: Client) => unknown
interface Pool {
  readonly idleClients: number
  execute: (this: Pool, use: Use) => PromiseLike<unknown>
}
interface Module<P> {
  default: Class<P>
}

export const redis: Instrumentation = {
  name: 'redis',
  package: '@redis/client',
  versions: ['1.0.0', '7.0.0'],
  by: 'module hook',
  records: 'commands of `redis` 4 to 6 with call site, without keys and values; waits for its pool',
  kinds: [statement.name, poolWait.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'Socket closed unexpectedly',
  attach({ recorder }) {
    const clients = new Clients()
    return [
      {
        file: /^dist\/lib\/client\/commands-queue\.js$/,
        apply(library: Module<Queue>) {
          patchCommands(library.default.prototype, recorder)
          library.default = clients.notingQueue(library.default)
        },
      },
      {
        file: /^dist\/lib\/client\/socket\.js$/,
        apply(library: Module<{ connect: Connect }>) {
          connectOutside(library.default.prototype)
          library.default = clients.notingSocket(library.default)
        },
      },
      {
        // Since 5.
        file: /^dist\/lib\/client\/pool\.js$/,
        apply: ({ RedisClientPool }: { RedisClientPool: Class<Pool> }) => patchPool(RedisClientPool.prototype, recorder),
      },
    ]
  },
}

/** Tells a queue the server of the socket that is made after it. */
class Clients {
  #queue: Queue | undefined

  notingQueue(original: Class<Queue>): Class<Queue> {
    const note = (queue: Queue): void => void (this.#queue = queue)
    return class RedisCommandsQueue extends original {
      constructor(...args: unknown[]) {
        super(...args)
        note(this)
      }
    }
  }

  notingSocket<S extends object>(original: Class<S>): Class<S> {
    const note = (args: unknown[]): void => this.#name(args)
    return class RedisSocket extends (original as Class<object>) {
      constructor(...args: unknown[]) {
        super(...args)
        note(args)
      }
    } as unknown as Class<S>
  }

  #name(args: readonly unknown[]): void {
    if (this.#queue) this.#queue[POOL_NAME] = serverOf(args.find((arg) => typeof arg === 'object' && arg !== null))
    this.#queue = undefined
  }
}

function serverOf(options: SocketOptions = {}): string {
  const { host = 'localhost', port = 6379, path } = options
  return path ?? `${host}:${port}`
}

function patchCommands(prototype: Queue, recorder: Recorder): void {
  const { addCommand } = prototype
  if (typeof addCommand !== 'function') throw fail('SPY_AGENT_LIBRARY', ['redis', 'addCommand'])
  prototype.addCommand = function patchedAddCommand(args, ...rest) {
    const child = attempt('redis.command', () => start(recorder, this, args, patchedAddCommand), undefined)
    const result = addCommand.call(this, args, ...rest)
    return child ? passedOn(result, child) : result
  }
}

function start(recorder: Recorder, queue: Queue, args: readonly unknown[], calledFrom: AddCommand): Child<Statement> {
  const text = commandText(String(args[0]).toLowerCase(), args.length - 1)
  return recorder.startStatement({ system: SYSTEM, pool: queue[POOL_NAME] ?? '', text }, calledFrom)
}

/** A connection lives longer than the request that opened it: opened outside, it keeps nothing alive. */
function connectOutside(prototype: { connect: Connect }): void {
  const { connect } = prototype
  prototype.connect = function patchedConnect(...args) {
    return runOutside(() => connect.apply(this, args))
  }
}

/** What waits for a client runs later, when another request returns one: in its own request, and called from where it was. */
function patchPool(prototype: Pool, recorder: Recorder): void {
  const { execute } = prototype
  if (typeof execute !== 'function') throw fail('SPY_AGENT_LIBRARY', ['redis', 'execute'])
  prototype.execute = function executeRecorded(use) {
    const wait = new Wait(recorder)
    const site = attempt('redis.site', () => (this.idleClients === 0 ? new CapturedStack(executeRecorded) : undefined), undefined)
    const lent = runCalledFrom(site, () =>
      bound((client: Client) => {
        wait.end(undefined, client)
        return use(client)
      }),
    )
    return passedOn(execute.call(this, lent), wait)
  }
}

class Wait {
  readonly #recorder: Recorder
  readonly #askedMs = now()
  #isOver = false

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** When it gets a client, or none. */
  end(error?: unknown, client?: Client): void {
    if (this.#isOver) return
    this.#isOver = true
    const pool = { system: SYSTEM, pool: client ? serverOf(client.options?.socket) : '' }
    attempt('redis.wait', () => recordPoolWait(this.#recorder, pool, this.#askedMs, error), undefined)
  }
}
