/** One child process: from its spawn, through `ready`, to its exit. Restarts are decided by slot.ts. */
import { type ChildProcess, fork } from 'node:child_process'
import type { FromChild, ToChild } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import type { ListeningSocket } from './listening-socket.ts'
import type { OrphanGuard } from './orphan-guard.ts'
import { OwnTime } from './own-time.ts'

export interface ProcessSpec {
  /** Name of the part: `http-1`, `management`, `store` … */
  readonly name: string
  readonly script: string
  readonly args: readonly string[]
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Working directory. Default: that of the keeper. */
  readonly cwd?: string
  /** What the process is given to work with, as its first message. */
  readonly share?: unknown
  readonly sockets: readonly ListeningSocket[]
  /** Own time (own-time.ts) that the first attempt may take until it says ready; each further one may take twice as much. */
  readonly startPatienceMs: number
  /** Own time of silence after which a process that was ready counts as hung: 30 s by default. */
  readonly hangPatienceMs?: number
  /** Called before each start, so that the files the process reads exist. */
  readonly prepare?: () => void
  /** A process that does not speak to the keeper: it is ready once it runs, and is stopped by SIGTERM. */
  readonly readyAtSpawn?: boolean
}

/** The first silent ticks are normal; after that, the kernel is asked what the process does. */
const SILENT_TICKS_TO_LOOK = 3
const HANG_PATIENCE_MS = 30_000
/** Patience grows to 16 times the setting. */
const MAX_DOUBLINGS = 4

export interface GenerationHooks {
  /** File descriptor that takes standard output and standard error. */
  readonly logFd: number
  readonly logFile: string
  /** Ends the process if the keeper is killed. */
  readonly guard: Pick<OrphanGuard, 'watch' | 'forget'>
  readonly onMessage: (message: FromChild) => void
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether the keeper had asked for it. */
  readonly asked: boolean
  readonly livedMs: number
}

export class Generation {
  readonly number: number
  readonly startedAt = Date.now()
  /** Resolves when it serves; rejects when it exits, fails or takes too long first. */
  readonly ready: Promise<void>
  readonly ended: Promise<Exit>
  isReady = false
  isStopping = false
  readonly #child: ChildProcess
  readonly #spec: ProcessSpec
  readonly #patienceMs: number
  /** Ticks since the last message of the process, and from the third on what it does. */
  #silentTicks = 0
  #silence: OwnTime | undefined
  #failure: { code: string; message: string } | undefined

  /** `attempt` counts the starts that were given up for slowness, from 1. */
  constructor(number: number, spec: ProcessSpec, hooks: GenerationHooks, attempt = 1) {
    this.number = number
    this.#spec = spec
    this.#patienceMs = spec.startPatienceMs * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS)
    spec.prepare?.()
    this.#child = fork(spec.script, [...spec.args], {
      execArgv: [...spec.execArgv],
      env: { ...spec.env },
      cwd: spec.cwd,
      stdio: ['ignore', hooks.logFd, hooks.logFd, 'ipc'],
    })
    if (this.pid > 0) hooks.guard.watch(this.pid)
    this.ended = this.#watchEnd(hooks)
    this.ready = this.#watchReady(hooks)
    this.ready.catch(() => {}) // callers that need the outcome await it; a rejection must not end the keeper
    if (spec.share !== undefined) this.send({ type: 'share', share: spec.share })
    this.#handOverSockets()
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Sends a message; the callback says when it has left the outbox, or that it never will. */
  send(message: ToChild, sent: (error: Error | null) => void = () => {}): void {
    if (this.#child.connected) this.#child.send(message, sent)
    else sent(new Error('disconnected'))
  }

  /**
   * Called every second. Returns why it hangs: it has sent nothing for half a minute of its own time. A machine that slept does not
   * kill its processes on wake-up, because silence counts at most two seconds per tick.
   */
  checkPulse(): string | undefined {
    if (++this.#silentTicks < SILENT_TICKS_TO_LOOK) return undefined
    if (!this.#silence) this.#silence = new OwnTime(this.pid)
    else this.#silence.read()
    if (this.#silence.ms < (this.#spec.hangPatienceMs ?? HANG_PATIENCE_MS)) return undefined
    return `hung: no heartbeat for ${Math.round(this.#silence.ms / 1000)} s (${this.#silence.text}), and was killed`
  }

  /** Asks it to finish its work and exit; after the deadline it is killed. */
  async stop(deadlineMs: number): Promise<Exit> {
    this.isStopping = true
    if (this.#spec.readyAtSpawn) this.#child.kill('SIGTERM')
    else this.send({ type: 'stop', deadlineMs })
    const kill = setTimeout(() => this.kill(), deadlineMs + 500)
    const exit = await this.ended
    clearTimeout(kill)
    return exit
  }

  kill(): void {
    this.isStopping = true
    this.#child.kill('SIGKILL')
  }

  #watchEnd({ guard }: GenerationHooks): Promise<Exit> {
    return new Promise((resolve) => {
      const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
        guard.forget(this.pid)
        resolve({ code, signal, asked: this.isStopping, livedMs: Date.now() - this.startedAt })
      }
      this.#child.once('exit', settle)
      this.#child.on('error', () => this.pid === 0 && settle(null, null)) // the spawn failed; or a message did not reach a dying process
    })
  }

  #watchReady(hooks: GenerationHooks): Promise<void> {
    const { name, readyAtSpawn } = this.#spec
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.isReady = true
        clearInterval(watching)
        resolve()
      }
      const own = new OwnTime(this.pid)
      const watching = setInterval(
        () => {
          own.read()
          if (own.ms < this.#patienceMs) return
          clearInterval(watching)
          reject(fail('SPY_PART_SLOW', [name, Math.round(this.#patienceMs / 1000), own.text]))
          this.kill()
        },
        Math.min(1000, this.#patienceMs),
      )
      this.#child.on('message', (message: FromChild) => {
        this.#silentTicks = 0
        this.#silence = undefined
        if (message.type === 'ready') settle()
        if (message.type === 'failed') this.#failure = message
        hooks.onMessage(message)
      })
      if (readyAtSpawn) this.#child.once('spawn', settle)
      void this.ended.then((exit) => {
        clearInterval(watching)
        reject(
          this.#failure
            ? fail('SPY_PART_FAILED', [name, this.#failure.message], this.#failure)
            : fail('SPY_PART_ENDED', [name, exitText(exit), hooks.logFile]),
        )
      })
    })
  }

  #handOverSockets(): void {
    for (const { name, handle } of this.#spec.sockets) {
      if (this.#child.connected) this.#child.send({ type: 'listener', name } satisfies ToChild, handle, {}, () => {}) // its exit explains everything
    }
  }
}

/** `exit code 1` or `signal SIGKILL`. */
export function exitText({ code, signal }: Pick<Exit, 'code' | 'signal'>): string {
  if (signal) return `signal ${signal}`
  return code === null ? 'it could not be started' : `exit code ${code}`
}
