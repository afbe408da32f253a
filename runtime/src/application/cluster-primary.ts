/**
 * Programs that fork workers with node:cluster: the primary opens a server for each port that a worker asks for, and hands out its connections. Each worker
 * serves its requests itself, as an instance would (cluster-worker.ts); this is the end of it in the instance, which is the primary.
 */
import type { Cluster, Worker } from 'node:cluster'
import type { Server } from 'node:net'
import { type FromWorker, listen, tell, type ToWorker } from './cluster-messages.ts'

type Answer = FromWorker | ToWorker

interface Handle {
  /** A Unix socket has none. */
  getsockname?(out: { port?: number }): number
  /** Called with each connection. cluster closes its copy of the connection when a worker has taken it. */
  onconnection?(error: number, client?: Connection): void
  close(): void
}

interface Connection {
  close(done?: () => void): void
}

/** A worker that cuts its requests at the deadline still flushes its log and its counts. One that hangs never answers. */
const FLUSH_MS = 1000

const cluster = (): Cluster => process.getBuiltinModule('cluster') as unknown as Cluster
const workers = (): readonly Worker[] => Object.values(cluster().workers ?? {}).filter((worker) => worker !== undefined)

/** Whether this process has forked workers of a cluster that are still there. */
export const isClusterPrimary = (): boolean => workers().length > 0

export class ClusterPrimary {
  readonly #share: () => unknown
  readonly #onEnded: () => void
  readonly #accepting: (() => void)[] = []
  /** Workers that asked for the share. One that was forked without the preload answers nothing. */
  readonly #serving = new Set<Worker>()
  readonly #waiting = new Map<Worker, (message: Answer | undefined) => void>()
  /** Connections that were accepted and that no worker has taken yet, with the worker that one is on its way to. */
  readonly #untaken = new Map<Connection, Worker | undefined>()
  #isAsked = false

  /**
   * `share` is what workers are told when they start. `onEnded`: all workers have ended, and cluster has closed the socket of the application with the last
   * of them. Workers that follow would get another one, so the process cannot serve any more.
   */
  constructor(share: () => unknown, onEnded: () => void) {
    this.#share = share
    this.#onEnded = onEnded
  }

  /** Workers are told from now on. `preload`: URL of the module that serves in them; it gets the pid of this process as `primary`. Called before the program runs. */
  watch(preload?: string): void {
    if (preload !== undefined) process.execArgv.push('--import', `${preload}?primary=${process.pid}`)
    cluster().on('fork', (worker) => {
      worker.process.prependListener('internalMessage', () => (this.#isAsked = true)) // before cluster's, which opens the server at once
      listen(worker.process, (message) => {
        if (message.type === 'ask') this.#begin(worker)
        else this.#answered(worker, message)
      })
      worker.process.on('internalMessage', () => (this.#isAsked = false))
      this.#noteSent(worker)
      worker.once('exit', () => {
        this.#serving.delete(worker)
        this.#answered(worker, undefined)
        this.#closeSent(worker)
      })
    })
  }

  #noteSent(worker: Worker): void {
    const send = worker.process.send.bind(worker.process) as (...args: unknown[]) => boolean
    worker.process.send = (...args: unknown[]) => {
      const connection = args[1] as Connection
      if (this.#untaken.has(connection)) this.#untaken.set(connection, worker)
      return send(...args)
    }
  }

  /** cluster forgets what it sent to a worker that died without an answer. The worker may have read from it, so no other can have it. */
  #closeSent(dead: Worker): void {
    for (const [connection, worker] of this.#untaken) if (worker === dead) connection.close()
  }

  /** Whether the server that listens now is cluster's, for a port that a worker asked for. It hands connections out; one of the program serves them. */
  get isAsked(): boolean {
    return this.#isAsked
  }

  #begin(worker: Worker): void {
    this.#serving.add(worker)
    tell(worker.process, { type: 'share', share: this.#share() })
  }

  /** To be called before a server of cluster listens. A worker refuses a socket of another port than it asked for (checkBindError in Node's lib/net.js), so it is told its own. */
  adopt(server: Server, port: number): void {
    server.prependOnceListener('listening', () => {
      const { _handle: handle } = server as unknown as { _handle?: Handle } // Node takes it out of the server afterwards
      if (!handle) return
      this.#hold(handle)
      process.nextTick(() => this.#countUntaken(handle))
      if (!handle.getsockname) return
      const getsockname = handle.getsockname.bind(handle)
      handle.getsockname = (out) => {
        const error = getsockname(out)
        out.port = port
        return error
      }
    })
  }

  #hold(handle: Handle): void {
    const close = handle.close.bind(handle)
    this.#accepting.push(close)
    handle.close = () => {
      const isServing = this.#accepting.includes(close)
      close()
      if (isServing) this.#onEnded()
    }
  }

  /** cluster accepts all that wait at once, and each worker takes one at a time. */
  #countUntaken(handle: Handle): void {
    const accept = handle.onconnection?.bind(handle)
    handle.onconnection = (error, client) => {
      if (client) {
        this.#untaken.set(client, undefined)
        const close = client.close.bind(client)
        client.close = (done) => {
          client.close = close
          this.#untaken.delete(client)
          close(done)
        }
      }
      accept?.(error, client)
    }
  }

  /** The share has changed. */
  changed(): void {
    for (const worker of this.#serving) this.#begin(worker)
  }

  /**
   * Stops accepting, and lets the requests of all workers end. Settles with the number of those that were cut; a worker that does not answer in time is killed
   * and not counted, since it would outlive this process.
   */
  async drain(deadlineMs: number): Promise<number> {
    for (const close of this.#accepting.splice(0)) close()
    let cut = 0
    const drained = [...this.#serving].map(async (worker) => (cut += await this.#drain(worker, deadlineMs)))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs + FLUSH_MS)))
    await Promise.race([Promise.all(drained), late])
    clearTimeout(timer)
    for (const worker of this.#waiting.keys()) worker.process.kill('SIGKILL')
    return cut
  }

  /** As long as a round brings it nothing, it is not asked again: what is left is with others, or with one that died. */
  async #drain(worker: Worker, deadlineMs: number): Promise<number> {
    for (let before = Infinity; this.#untaken.size > 0 && this.#untaken.size < before;) {
      before = this.#untaken.size
      await this.#ask(worker, { type: 'ping' })
    }
    const answer = await this.#ask(worker, { type: 'drain', deadlineMs })
    return answer?.type === 'drained' ? answer.cut : 0
  }

  async #ask(worker: Worker, question: ToWorker): Promise<Answer | undefined> {
    return await new Promise<Answer | undefined>((resolve) => {
      if (!worker.isConnected()) return resolve(undefined)
      this.#waiting.set(worker, resolve)
      tell(worker.process, question)
    })
  }

  #answered(worker: Worker, message: Answer | undefined): void {
    this.#waiting.get(worker)?.(message)
    this.#waiting.delete(worker)
  }
}
