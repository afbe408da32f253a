/** Runs tasks in worker threads, by piscina: a bounded queue before them, a time for each task, and as many workers as tasks and CPU ask for. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import { messageOf } from '@spyglass/agent/contract'
import type { WorkerPoolConfig } from '@spyglass/process/checked-config'
import type { Piscina } from 'piscina'
import { type Clock, outsideContext } from '../clock/index.ts'
import { fail, refused } from './errors.ts'
import { cpuTimes, idleShare, nextSize } from './pool-size.ts'

export interface TaskOptions {
  /** The export of the file that is called. Default: `default`. */
  readonly name?: string
  /** Takes the task out of the queue, or ends its worker. */
  readonly signal?: AbortSignal
  /** Default: as configured. 0: as long as it likes. */
  readonly timeoutMs?: number
  /** What is moved to the worker and not copied. */
  readonly transfer?: readonly Transferable[]
}

type Transferable = ArrayBuffer | MessagePort

export interface WorkerPoolOptions {
  readonly config: () => WorkerPoolConfig
  /** Folders that the file is looked for in. */
  readonly folders: readonly string[]
  readonly clock: Clock
}

interface Waiter {
  readonly since: number
  readonly start: () => void
  readonly stop: (error: Error) => void
}

const ADAPT_MS = 500
/** A worker that has had no task for so long ends. */
const IDLE_MS = 30_000
/** The bound is the size, which changes: no more tasks are handed over than that. */
const MAX_THREADS = 256

export class WorkerPool {
  readonly counts = { done: 0, failed: 0, refused: 0, late: 0, cancelled: 0, crashed: 0 }
  readonly #options: WorkerPoolOptions
  readonly #waiting = new Set<Waiter>()
  #piscina: Promise<Piscina> | undefined
  #opened: Piscina | undefined
  #running = 0
  #mostRunning = 0
  #size: number
  #cpu = cpuTimes()
  #isClosed = false
  #isAdapting = false
  #stopAdapting = (): void => {}
  #isIdle: (() => void) | undefined

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#size = Math.max(1, options.config().min)
  }

  /** Tasks that run at most, now. */
  get size(): number {
    return this.#size
  }

  get threads(): number {
    return this.#opened?.threads.length ?? 0
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get oldestMs(): number {
    const [oldest] = this.#waiting
    return oldest ? this.#options.clock.now() - oldest.since : 0
  }

  /**
   * Runs a task in a worker; resolves with what the function of the file returns.
   * @throws SPY_WORKER_POOL_FULL, SPY_WORKER_POOL_LATE, SPY_WORKER_POOL_CRASHED, SPY_WORKER_POOL_DATA, SPY_WORKER_POOL_FILE, the reason of the signal, and what the function throws
   *
   * @example
   * const small = await workerPool('images').run({ path, width: 200 })
   */
  async run<Result = unknown>(data: unknown, options: TaskOptions = {}): Promise<Result> {
    const { signal } = options
    signal?.throwIfAborted()
    await this.#turn(signal)
    try {
      const result = (await this.#work(data, options)) as Result
      this.counts.done++
      return result
    } catch (error) {
      this.#failed(error, signal)
      throw error
    } finally {
      this.#next()
    }
  }

  /** The settings have changed. */
  configure(): void {
    const { min, max } = this.#limits
    this.#size = Math.max(min, Math.min(max, this.#size))
    this.#startWaiting()
  }

  /** Refuses further tasks, and waits for those that wait and run; what has not ended in time is. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true
    const { clock } = this.#options
    const isOver = new Promise<void>((resolve) => (this.#isIdle = resolve))
    const stop = clock.after(deadlineMs, () => this.#isIdle?.())
    if (this.#running > 0 || this.#waiting.size > 0) await isOver
    stop()
    this.#stopAdapting()
    for (const waiter of this.#waiting) waiter.stop(this.#stopped())
    await this.#opened?.destroy()
  }

  get #limits(): { readonly min: number; readonly max: number } {
    const { min, max } = this.#options.config()
    return { min: Math.max(1, Math.min(min, max)), max }
  }

  get #name(): string {
    return this.#options.config().name
  }

  #stopped(): Error {
    return refused('SPY_WORKER_POOL_STOPPED', [this.#name])
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#isClosed) throw this.#stopped()
    this.#adapt()
    if (this.#running < this.#size && this.#waiting.size === 0) {
      this.#begin()
      return Promise.resolve()
    }
    const { maxWaiting } = this.#options.config()
    if (this.#waiting.size >= maxWaiting) {
      this.counts.refused++
      throw refused('SPY_WORKER_POOL_FULL', [this.#name, maxWaiting])
    }
    return this.#wait(signal)
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.counts.cancelled++
        waiter.stop(signal?.reason as Error)
      }
      const leave = (): void => {
        this.#waiting.delete(waiter)
        signal?.removeEventListener('abort', cancel)
      }
      const waiter: Waiter = {
        since: this.#options.clock.now(),
        start: () => {
          leave()
          this.#begin()
          resolve()
        },
        stop: (error) => {
          leave()
          reject(error)
        },
      }
      this.#waiting.add(waiter)
      signal?.addEventListener('abort', cancel, { once: true })
    })
  }

  #begin(): void {
    this.#running++
    this.#mostRunning = Math.max(this.#mostRunning, this.#running)
  }

  #next(): void {
    this.#running--
    this.#startWaiting()
    if (this.#running === 0 && this.#waiting.size === 0) this.#isIdle?.()
  }

  #startWaiting(): void {
    for (const waiter of this.#waiting) {
      if (this.#running >= this.#size) return
      waiter.start()
    }
  }

  async #work(
    data: unknown,
    { name = 'default', signal, timeoutMs = this.#options.config().timeoutMs, transfer }: TaskOptions,
  ): Promise<unknown> {
    const piscina = await (this.#piscina ??= this.#open())
    const controller = new AbortController()
    const cancel = (): void => controller.abort(signal?.reason)
    signal?.addEventListener('abort', cancel, { once: true })
    const late = refused('SPY_WORKER_POOL_LATE', [this.#name, timeoutMs])
    const stop = timeoutMs === 0 ? () => {} : this.#options.clock.after(timeoutMs, () => controller.abort(late))
    try {
      signal?.throwIfAborted()
      return await piscina.run(data, { name, signal: controller.signal, ...(transfer ? { transferList: [...transfer] } : {}) })
    } catch (error) {
      if (controller.signal.aborted) throw controller.signal.reason
      throw this.#reasonOf(error)
    } finally {
      stop()
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** The package is loaded with the first task. */
  async #open(): Promise<Piscina> {
    const { folders } = this.#options
    const { name, file, maxHeapBytes } = this.#options.config()
    const path = folders.map((folder) => join(folder, file)).find((each) => existsSync(each))
    if (path === undefined) {
      this.#piscina = undefined
      throw fail('SPY_WORKER_POOL_FILE', [name, file, folders.join(', ') || 'any application'])
    }
    const { Piscina: Pool } = await import('piscina')
    const limits = maxHeapBytes === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: Math.floor(maxHeapBytes / 1_048_576) } }
    this.#opened = outsideContext(
      () =>
        new Pool({
          filename: pathToFileURL(path).href,
          minThreads: 0,
          maxThreads: MAX_THREADS,
          idleTimeout: IDLE_MS,
          ...limits,
        }),
    )
    this.#opened.on('error', () => {}) // of a worker without a task: the next task gets another
    return this.#opened
  }

  /** Looks at it while there are tasks. */
  #adapt(): void {
    if (this.#isAdapting) return
    this.#isAdapting = true
    this.#stopAdapting = this.#options.clock.after(ADAPT_MS, () => {
      this.#isAdapting = false
      const cpu = cpuTimes()
      const { min, max } = this.#limits
      const idleCpu = idleShare(this.#cpu, cpu)
      this.#size = nextSize({ size: this.#size, min, max, waiting: this.#waiting.size, mostRunning: this.#mostRunning, idleCpu })
      this.#cpu = cpu
      this.#mostRunning = this.#running
      this.#startWaiting()
      if (this.#running > 0 || this.#size > min) this.#adapt()
    })
  }
  #reasonOf(error: unknown): unknown {
    const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown }
    if (name === 'DataCloneError') return fail('SPY_WORKER_POOL_DATA', [this.#name, messageOf(error)], error)
    if (code === 'ERR_WORKER_OUT_OF_MEMORY' || messageOf(error).startsWith('worker exited')) {
      this.counts.crashed++
      return fail('SPY_WORKER_POOL_CRASHED', [this.#name, messageOf(error)], error)
    }
    return error
  }

  #failed(error: unknown, signal: AbortSignal | undefined): void {
    this.counts.failed++
    if (signal?.aborted) this.counts.cancelled++
    if ((error as { code?: unknown })?.code === 'SPY_WORKER_POOL_LATE') this.counts.late++
  }
}
