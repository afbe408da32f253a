/** Starts the program of a folder: finds it, runs it, and waits until there is a server, by `listen()` or by what it exports. */
import { realpathSync } from 'node:fs'
import type { Server } from 'node:net'
import type { ApplicationContext } from '../application-context.ts'
import { fail } from '../errors.ts'
import { ApplicationLoader } from '../loader/application-loader.ts'
import { installLoader } from '../loader/install-loader.ts'
import { ContextEnd } from './context-end.ts'
import { type Entry, type EntrySettings, findEntry } from './entry.ts'
import type { StaticOptions } from '../../static-files/static-files.ts'
import { adoptHandler } from './kinds/handler.ts'
import { adopt, servedExport } from './kinds/index.ts'
import type { AdoptContext } from './kinds/kind.ts'
import { type LifecycleHooks, loadLifecycle, noHooks } from './lifecycle.ts'
import type { ListenRequest } from './listen-request.ts'
import { isWithin, ListenTakeOver, takeOverProcess, takeOverWithin } from './listen-take-over.ts'
import type { Program } from './program.ts'
import { ProgramSignals } from './program-signals.ts'
import { emptyLoop, type KeepAlive } from './empty-loop.ts'
import { runAsMain, runAsModule } from './run-entry.ts'
import { watchUncaught } from './uncaught.ts'
import { withAdvice } from './start-advice.ts'

export interface StartOptions {
  readonly settings: EntrySettings
  readonly folder: string
  readonly context: ApplicationContext
  readonly startTimeoutMs: number
  /** Whether the process is the program's own: it is run as the main module then. */
  readonly isAlone: boolean
  readonly onError: AdoptContext['onError']
  /** Opens a server that called `listen()`, where the application is served. */
  readonly open: (server: Server, request: ListenRequest) => void
  /** What keeps the event loop alive besides the program. */
  readonly keepAlive?: KeepAlive | undefined
  /** The program has run, and what remains is that it listens. */
  readonly onWaiting?: (() => void) | undefined
  /** The program listens on a port of its own, which is not taken over. */
  readonly onFurther: (request: ListenRequest) => void
}

/**
 * @throws SPY_APPLICATION_START_TIMEOUT, SPY_APPLICATION_NO_LISTENER, SPY_APPLICATION_NO_MAIN …, and whatever the program throws. Nothing of
 * the program is called once this is rejected, and what it still brings is closed.
 */
export async function startProgram(options: StartOptions): Promise<Program> {
  const { signal } = options.context
  const entry = await findEntry(options.folder, options.settings)
  if (entry.unapplied.length > 0) options.context.logger.warn({ options: entry.unapplied }, UNAPPLIED)
  const loader = new ApplicationLoader(options.folder, entry.loader, import.meta.url)
  loader.loaded(realpathSync.native(entry.file))
  installLoader(loader)
  const start = new ProgramStart(entry, loader, options)
  const timeout = AbortSignal.timeout(options.startTimeoutMs)
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(start.lateness()))
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
  const uncaught = watchUncaught(() => start.isRunning())
  const empty = emptyLoop(options.isAlone ? options.keepAlive : undefined, () => start.emptiness())
  try {
    const program = await Promise.race([start.run(), late, uncaught.failure, empty.failure, start.ended])
    uncaught.stop()
    return program
  } catch (error) {
    start.abandon() // what it does from now on is still watched: it must not end the process of its neighbours
    throw withAdvice(error, entry.file)
  } finally {
    empty.stop()
    start.stopWatching()
  }
}

const UNAPPLIED =
  'options of Node in scripts.start have no effect: the server starts the program. For the size of the heap there is the setting maxHeapBytes'

/** Tomcat's interval. */
const CHECK_INTERVAL_MS = 15_000

class ProgramStart {
  readonly #entry: Entry
  readonly #loader: ApplicationLoader
  readonly #options: StartOptions
  readonly #takeOver: ListenTakeOver
  readonly #listening: Promise<Program>
  /** Rejects when the program has come to its end beside others in one process. */
  readonly ended: Promise<never>
  readonly #context = new ContextEnd()
  /** The module has run and exports nothing to serve. */
  #isWaiting = false
  #isAbandoned = false

  #hooks: LifecycleHooks = noHooks
  #signals: ProgramSignals | undefined

  constructor(entry: Entry, loader: ApplicationLoader, options: StartOptions) {
    this.#entry = entry
    this.#loader = loader
    this.#options = options
    this.ended = this.#context.ended.then(() => (this.#takeOver.server ? new Promise(() => {}) : Promise.reject(this.emptiness())))
    let listens: (server: Server) => void
    this.#listening = new Promise<Server>((resolve) => (listens = resolve)).then((server) => this.#program('listen', server))
    this.#takeOver = new ListenTakeOver({
      port: entry.port,
      sharedPort: entry.saysPort && !options.isAlone ? Number(process.env['PORT']) : undefined,
      isWorker: entry.isWorker,
      onFurther: options.onFurther,
      open: (server, request) => {
        server.once('listening', () => listens(server))
        options.open(server, request)
      },
    })
  }

  /** The program, as soon as its server listens or its module has run and exports one. */
  run(): Promise<Program> {
    if (this.#entry.static) return this.#serveFiles(this.#entry.static)
    const loading = this.#options.isAlone ? this.#runAlone() : takeOverWithin(this.#takeOver, () => this.#runBeside())
    if (this.#entry.isWorker) return loading
    loading.catch(() => undefined) // a program may listen, and be served, before its module has ended
    return Promise.race([this.#listening, loading])
  }

  /** Whether the code that runs now is the program's. */
  isRunning(): boolean {
    return isWithin(this.#takeOver)
  }

  async #serveFiles(options: StaticOptions): Promise<Program> {
    const { staticHandler } = await import('../../static-files/static-files.ts') // no other program needs what it loads
    const { folder, context, onError } = this.#options
    return this.#program('static', adoptHandler(staticHandler(this.#entry.file, options), { folder, context, onError }).server)
  }

  stopWatching(): void {
    this.#context.stop()
  }

  abandon(): void {
    this.#isAbandoned = true
  }

  /** Why it is late. */
  lateness(): Error {
    const { startTimeoutMs } = this.#options
    if (this.#isWaiting && !this.#takeOver.server) return fail('SPY_APPLICATION_NO_LISTENER', [this.#entry.file, startTimeoutMs])
    return fail('SPY_APPLICATION_START_TIMEOUT', [startTimeoutMs])
  }

  /** Why nothing more comes of it when nothing that it began is under way. */
  emptiness(): Error {
    return fail(this.#isWaiting ? 'SPY_APPLICATION_ENDED' : 'SPY_APPLICATION_STUCK', [this.#entry.file])
  }

  async #runAlone(): Promise<Program> {
    takeOverProcess(this.#takeOver)
    this.#signals = new ProgramSignals()
    await this.#loadHooks()
    return this.#served(await runAsMain(this.#options.folder, this.#entry))
  }

  async #runBeside(): Promise<Program> {
    await this.#context.run(() => this.#loadHooks())
    return this.#served(await this.#context.run(() => runAsModule(this.#options.folder, this.#entry)))
  }

  /** Before the program, so that a listener that is ready early has them. */
  async #loadHooks(): Promise<void> {
    const { lifecycle } = this.#entry
    const { logger } = this.#options.context
    if (lifecycle === undefined) return
    this.#hooks = await loadLifecycle(lifecycle, (hook, error) => logger.error({ hook, err: error }, 'a hook of the application failed'))
  }

  async #served(exports: Readonly<Record<string, unknown>>): Promise<Program> {
    this.#refuseLate()
    if (this.#entry.isWorker) return this.#program('worker', undefined)
    const value = this.#takeOver.server ? undefined : servedExport(exports)
    if (value === undefined) return this.#awaitListen()
    const { folder, context, onError } = this.#options
    const adopting = () => adopt(value, { folder, context, onError, main: this.#entry.file, role: this.#entry.role })
    const adopted = await (this.#options.isAlone ? adopting() : this.#context.run(adopting))
    if (this.#isAbandoned) await adopted?.close?.()
    this.#refuseLate()
    return adopted && !this.#takeOver.server ? this.#program(adopted.kind, adopted.server, adopted.close) : this.#awaitListen()
  }

  #awaitListen(): Promise<Program> {
    this.#isWaiting = true
    if (!this.#takeOver.server) this.#options.onWaiting?.()
    if (!this.#options.isAlone && !this.#takeOver.server) this.#context.watch()
    return this.#listening
  }

  /** The start was given up while the program was loading. */
  #refuseLate(): void {
    if (this.#isAbandoned) throw fail('SPY_APPLICATION_START_TIMEOUT', [this.#options.startTimeoutMs])
  }

  #program(kind: Program['kind'], server: Server | undefined, close?: () => unknown): Program {
    let closed: Promise<void> | undefined
    this.#signals?.take()
    const end = async (): Promise<void> => {
      await this.#signals?.run()
      await close?.()
    }
    const { version, loader: settings } = this.#entry
    return {
      loader: this.#loader,
      isReloadable: settings.reloadable ?? false,
      checkIntervalMs: settings.checkIntervalMs ?? CHECK_INTERVAL_MS,
      hooks: this.#hooks,
      kind,
      version,
      server,
      close: () => (closed ??= end()),
    }
  }
}
