/** One life of a child process: from its spawn, over `ready`, to its end. It knows nothing of restarts; slot.ts decides those. */
import { type ChildProcess, fork } from 'node:child_process'
import type { FromChild, ToChild } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import type { ListeningSocket } from './listening-socket.ts'

export interface ProcessSpec {
  /** Name of the part: `http-1`, `management`, `store` … */
  readonly name: string
  readonly script: string
  readonly args: readonly string[]
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly sockets: readonly ListeningSocket[]
  /** Time it may take until it says ready. */
  readonly startTimeoutMs: number
  /** A process that does not speak to the keeper: it is ready once it runs, and is stopped by SIGTERM. */
  readonly readyAtSpawn?: boolean
}

export interface GenerationHooks {
  /** File descriptor that takes standard output and standard error. */
  readonly logFd: number
  readonly logFile: string
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
  /** Settles once: resolves when it serves, rejects when it ended, failed or took too long first. */
  readonly ready: Promise<void>
  readonly ended: Promise<Exit>
  isReady = false
  isStopping = false
  /** Ticks of the keeper since the process was last heard of. */
  silentTicks = 0
  readonly #child: ChildProcess
  readonly #spec: ProcessSpec
  #failure: { code: string; message: string } | undefined

  constructor(number: number, spec: ProcessSpec, hooks: GenerationHooks) {
    this.number = number
    this.#spec = spec
    this.#child = fork(spec.script, [...spec.args], {
      execArgv: [...spec.execArgv],
      env: { ...spec.env },
      stdio: ['ignore', hooks.logFd, hooks.logFd, 'ipc'],
    })
    this.ended = this.#watchEnd()
    this.ready = this.#watchReady(hooks)
    this.ready.catch(() => {}) // whoever needs the outcome awaits it; a rejection must not end the keeper
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

  /** Asks it to end its work and exit; after the deadline it is killed. */
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

  #watchEnd(): Promise<Exit> {
    return new Promise((resolve) => {
      const settle = (code: number | null, signal: NodeJS.Signals | null): void =>
        resolve({ code, signal, asked: this.isStopping, livedMs: Date.now() - this.startedAt })
      this.#child.once('exit', settle)
      this.#child.once('error', () => settle(null, null)) // the spawn failed, or a message could not be sent to a dead process
    })
  }

  #watchReady(hooks: GenerationHooks): Promise<void> {
    const { name, startTimeoutMs, readyAtSpawn } = this.#spec
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.isReady = true
        clearTimeout(late)
        resolve()
      }
      const late = setTimeout(() => {
        reject(fail('SPY_PART_SLOW', [name, startTimeoutMs / 1000]))
        this.kill()
      }, startTimeoutMs)
      this.#child.on('message', (message: FromChild) => {
        this.silentTicks = 0
        if (message.type === 'ready') settle()
        if (message.type === 'failed') this.#failure = message
        hooks.onMessage(message)
      })
      if (readyAtSpawn) this.#child.once('spawn', settle)
      void this.ended.then((exit) => {
        clearTimeout(late)
        reject(
          this.#failure
            ? fail('SPY_PART_FAILED', [name, this.#failure.message], this.#failure)
            : fail('SPY_PART_ENDED', [name, exitText(exit), hooks.logFile]),
        )
      })
    })
  }

  #handOverSockets(): void {
    for (const { name, handle } of this.#spec.sockets) this.#child.send({ type: 'listener', name } satisfies ToChild, handle)
  }
}

/** `exit code 1` or `signal SIGKILL`. */
export function exitText({ code, signal }: Pick<Exit, 'code' | 'signal'>): string {
  if (signal) return `signal ${signal}`
  return code === null ? 'it could not be started' : `exit code ${code}`
}
