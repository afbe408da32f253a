/**
 * Takes over `listen()`: the first TCP listener of a program goes onto its application's socket, whatever port and host it asks for. The
 * program itself does not notice. Node's http, https, http2 and tls servers are all `net.Server`s, so one method is replaced.
 *
 * | the program asks for                                   | it gets                                                       |
 * | ------------------------------------------------------ | ------------------------------------------------------------- |
 * | its first TCP port                                     | the application's socket                                      |
 * | port 0                                                 | a port of its own, as asked                                   |
 * | a further TCP port                                     | that port, which its replicas and next generation share       |
 * | a port for a server that handles no connection         | that port: it only finds out whether the port is free         |
 * | a Unix socket, a handle, a file descriptor             | that                                                          |
 * | a port in a process that it forked, or a worker thread | that port; workers of `cluster` share what their primary gets |
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import net, { type Server } from 'node:net'
import { type ListenRequest, listenRequest } from './listen-request.ts'

export interface TakeOverOptions {
  /** Opens the server where the application is served. Called once. */
  readonly open: (server: Server, request: ListenRequest) => void
  /** Port in the program whose server is the application's. Default: the first that is not 0. */
  readonly port?: number | undefined
  /** What PORT is beside other applications in one process, where it cannot be the `port` of one: it means the same. */
  readonly sharedPort?: number | undefined
  /** It has no port of its application: what it listens on is its own. */
  readonly isWorker?: boolean
  /** Called with each listener that the program keeps for itself. */
  readonly onFurther: (request: ListenRequest) => void
}

export class ListenTakeOver {
  /** The server that was taken over. */
  server: Server | undefined
  readonly #options: TakeOverOptions

  constructor(options: TakeOverOptions) {
    this.#options = options
  }

  /** Whether it deals with the request; otherwise the server listens as it asked. */
  takes(server: Server, request: ListenRequest): boolean {
    if (!this.#isOurs(server, request)) return false
    this.server = server
    this.#options.open(server, request)
    return true
  }

  /** A further listener shares its port, or neither a replica nor the next generation could start. */
  further(request: ListenRequest): ListenRequest {
    this.#options.onFurther(request)
    if (request.port === 0 || process.platform === 'win32') return request
    return { ...request, options: { ...request.options, reusePort: true } }
  }

  #isOurs(server: Server, { port }: ListenRequest): boolean {
    if (this.server || server.listenerCount('connection') === 0) return false
    const { port: wanted, sharedPort, isWorker = false } = this.#options
    if (isWorker) return false
    return wanted === undefined ? port !== 0 : port === wanted || port === sharedPort
  }
}

const running = new AsyncLocalStorage<ListenTakeOver>()
let only: ListenTakeOver | undefined
type Listen = (this: Server, ...args: unknown[]) => Server
let original: Listen | undefined

/** From now on every `listen` of this process is the program's. */
export function takeOverProcess(takeOver: ListenTakeOver): void {
  install()
  only = takeOver
}

/** Every `listen` that `run` leads to is the program's; others in the process are not. */
export function takeOverWithin<T>(takeOver: ListenTakeOver, run: () => T): T {
  install()
  return running.run(takeOver, run)
}

/** Whether the code that runs now belongs to the program of this take-over. */
export const isWithin = (takeOver: ListenTakeOver): boolean => (running.getStore() ?? only) === takeOver

/** Listens past the take-over. */
export function listenReally(server: Server, ...args: unknown[]): void {
  const listen = original ?? prototypeListen()
  listen.apply(server, args)
}

function install(): void {
  if (original) return
  const listen = (original = prototypeListen())
  net.Server.prototype.listen = function takenOver(this: Server, ...args: unknown[]): Server {
    const takeOver = running.getStore() ?? only
    const request = takeOver && !this.listening ? listenRequest(args) : undefined
    if (!takeOver || !request) return listen.apply(this, args)
    if (takeOver.takes(this, request)) return this
    const { port, host, options, callback } = takeOver.further(request)
    return listen.call(this, { port, ...(host === undefined ? {} : { host }), ...options }, callback)
  }
}

const prototypeListen = (): Listen => Reflect.get(net.Server.prototype, 'listen') as Listen
