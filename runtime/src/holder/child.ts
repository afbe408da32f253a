/** One child of the holder: a control channel on descriptor 3 and listening sockets from descriptor 4 on. */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { inheritance, MessageStream } from '@spyglass/process/channel'
import { LastWords } from './last-words.ts'
import type { KeeperLog } from './keeper-log.ts'
import type { ChildExit, LaunchSpec } from './orders.ts'

export interface ChildOptions {
  readonly launch: LaunchSpec
  /** Reads its standard output and standard error. */
  readonly attach: KeeperLog['attach']
  /** Descriptor of an open listener by its id. */
  readonly socketFd: (listener: string) => number | undefined
  readonly onMessage: (message: unknown) => void
  readonly onExit: (exit: ChildExit) => void
}

const CHANNEL_FD = 3
/** What a process with a user of its own creates in a common folder, such as /tmp, is for itself alone. */
const PRIVATE = 0o077
const LAST_WORDS_MS = 500

export class Child {
  readonly #process: ChildProcess
  readonly #channel: MessageStream | undefined
  #hasEnded = false

  /** Never throws: a process that cannot be started has exited. */
  constructor({ launch, attach, socketFd, onMessage, onExit }: ChildOptions) {
    const sockets = Object.entries(launch.listeners).map(([name, id]) => [name, socketFd(id)] as const)
    const stdio: StdioOptions = [
      'ignore',
      'pipe',
      'pipe',
      launch.hasChannel ? 'pipe' : 'ignore',
      ...sockets.map(([, fd]) => fd ?? 'ignore'),
    ]
    const end = (exit: ChildExit): void => {
      if (this.#hasEnded) return
      this.#hasEnded = true
      const { text } = lastWords
      onExit(text === '' ? exit : { ...exit, lastWords: text })
    }
    this.#process = spawn(process.execPath, [...launch.execArgv, launch.script, ...launch.args], {
      stdio,
      cwd: launch.cwd,
      ...launch.user, // libuv drops all groups
      env: {
        ...launch.env,
        ...(launch.hasChannel
          ? inheritanceOf(
              launch,
              sockets.map(([name]) => name),
            )
          : {}),
      },
    })
    const lastWords = new LastWords(this.#process.stderr)
    attach(
      { process: launch.name, application: launch.application, pid: this.pid, file: launch.output },
      this.#process.stdout,
      this.#process.stderr,
    )
    this.#process.on('error', (error) => this.pid === 0 && end({ code: null, signal: null, error: reasonOf(error, launch) }))
    const stream = this.#process.stdio[CHANNEL_FD] as Duplex | null | undefined
    if (stream) this.#channel = new MessageStream(stream, { onMessage, onEnd: () => {} })
    // What it said last is read first, also when this process got no CPU for that long. A descriptor that it passed on must not hide its end.
    this.#process.once('close', (code, signal) => end({ code, signal }))
    this.#process.once('exit', (code, signal) => setTimeout(() => setImmediate(end, { code, signal }), LAST_WORDS_MS).unref())
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  send(message: unknown): void {
    this.#channel?.send(message)
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#hasEnded) this.#process.kill(signal)
  }

  /** While there is no decider, what the child says waits in the kernel. */
  set isHeard(isHeard: boolean) {
    if (isHeard) this.#channel?.resume()
    else this.#channel?.pause()
  }
}

function inheritanceOf({ name, registry, user }: LaunchSpec, listeners: readonly string[]): Readonly<Record<string, string>> {
  const fds = Object.fromEntries(listeners.map((listener, at) => [listener, CHANNEL_FD + 1 + at]))
  return inheritance({
    name,
    channel: CHANNEL_FD,
    listeners: fds,
    ...(registry === undefined ? {} : { registry }),
    ...(user ? { umask: PRIVATE } : {}),
  })
}

/** Node reports a missing working directory as a missing program. */
function reasonOf(error: Error, { cwd }: LaunchSpec): string {
  return 'code' in error && error.code === 'ENOENT' && cwd !== undefined ? `${error.message}; does its folder ${cwd} exist?` : error.message
}
