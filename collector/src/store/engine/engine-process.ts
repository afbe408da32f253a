/** One engine process as the store sees it: calls go over the channel of a fork, and fail when the process is gone. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { refuse } from '../clickhouse-error.ts'
import { fail } from '../errors.ts'
import type { EngineOptions } from './chdb.ts'
import type { Classification, Engine, RawResult, RawSession, SessionSettings } from './engine.ts'
import type { Call, FromEngine, Reply, ToEngine } from './messages.ts'

const MAIN = fileURLToPath(new URL(`../../store-engine-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

export interface EngineProcessOptions extends EngineOptions {
  /** Statements that can run at once: each holds a thread of libuv's pool, whose four of the default would stop everything else. */
  readonly threads: number
  /** Whether its tables can only be read. Default false. */
  readonly isReadOnly?: boolean
}

/** A running engine. */
export interface EngineProcess extends Engine {
  readonly pid: number
  readonly isReadOnly: boolean
  /** Resolves when the process has exited, with the reason. */
  readonly ended: Promise<string>
  /** Kills the process whatever it does. */
  kill(): void
}

/** Error of every call to an engine that is gone; the client may repeat its statement. */
export const engineIsGone = (cause?: unknown): Error =>
  refuse('NO_FREE_CONNECTION', 'The database engine is being restarted. Try again in a few seconds', cause)

interface Pending {
  readonly parts: Uint8Array[]
  readonly resolve: (value: Reply) => void
  readonly reject: (error: unknown) => void
}

/** Starts the process; it opens the data folder with its first session. */
export async function startEngineProcess({ threads, isReadOnly = false, ...options }: EngineProcessOptions): Promise<EngineProcess> {
  const child = fork(MAIN, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
  })
  const remote = new RemoteEngine(child, options.path, isReadOnly)
  await remote.call({ type: 'prepare', options })
  return remote
}

class RemoteEngine implements EngineProcess {
  readonly ended: Promise<string>
  readonly isReadOnly: boolean
  readonly #child: ChildProcess
  readonly #path: string
  readonly #pending = new Map<number, Pending>()
  #lastCall = 0
  #lastSession = 0
  #isGone = false

  constructor(child: ChildProcess, path: string, isReadOnly: boolean) {
    this.isReadOnly = isReadOnly
    this.#child = child
    this.#path = path
    child.on('message', (message: FromEngine) => this.#settle(message))
    this.ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.#isGone = true
        for (const { reject } of this.#pending.values()) reject(engineIsGone())
        this.#pending.clear()
        resolve(reason)
      }
      child.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`))
      child.once('error', (error) => end(error.message))
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async open(settings: SessionSettings, thread = 0): Promise<RawSession> {
    const session = ++this.#lastSession
    await this.call({ type: 'open', session, settings, thread })
    return this.#sessionOf(session)
  }

  call(call: Call): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) return reject(engineIsGone())
      const id = ++this.#lastCall
      this.#pending.set(id, { parts: [], resolve, reject })
      const message: ToEngine = { ...call, id }
      this.#child.send(message, (error) => {
        if (error && this.#pending.delete(id)) reject(engineIsGone(error))
      })
    })
  }

  #settle(message: FromEngine): void {
    const pending = this.#pending.get(message.id)
    if (!pending) return
    if (message.type === 'part') return void pending.parts.push(message.bytes)
    this.#pending.delete(message.id)
    if (message.type === 'reply') pending.resolve(joined(message.value, pending.parts))
    else pending.reject(this.#errorOf(message))
  }

  #errorOf({ message, owner }: FromEngine & { type: 'error' }): Error {
    return owner === undefined ? new EngineError(message) : fail('SPY_STORE_IN_USE', [this.#path, owner])
  }

  #sessionOf(session: number): RawSession {
    const call = (message: Call): Promise<Reply> => this.call(message)
    const ignore = (): void => {}
    const isGone = (): boolean => this.#isGone
    return {
      get isOpen() {
        return !isGone()
      },
      query: async (sql, format) => (await call({ type: 'query', session, sql, format })) as RawResult,
      stream: (sql, format) => ({
        async *[Symbol.asyncIterator]() {
          let chunk = (await call({ type: 'stream', session, sql, format })) as RawResult | undefined
          for (; chunk; chunk = (await call({ type: 'next', session })) as RawResult | undefined) yield chunk
        },
        cancel: () => void call({ type: 'cancel', session }).catch(ignore),
      }),
      classify: async (sql, database) => (await call({ type: 'classify', session, sql, database })) as Classification,
      close: () => void call({ type: 'close', session }).catch(ignore),
    }
  }
}

/** The engine's own words. */
class EngineError extends Error {}

function joined(value: Reply, parts: readonly Uint8Array[]): Reply {
  if (parts.length === 0 || value === undefined || !('bytes' in value)) return value
  return { ...value, bytes: Buffer.concat([...parts, value.bytes]) }
}
