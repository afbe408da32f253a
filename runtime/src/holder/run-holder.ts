/**
 * The process that holds a server together: it has the lock of the data folder, the sockets and the children, and keeps one more child, the
 * decider, which says what to do with them. Ends when the decider says that everything has stopped.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { inheritance, MessageStream } from '@spyglass/process/channel'
import { Holder } from './holder.ts'
import type { KeeperLog } from './keeper-log.ts'
import type { KeptSockets } from './kept-sockets.ts'
import type { Order } from './orders.ts'
import type { OrphanGuard } from './orphan-guard.ts'

export interface HolderRun {
  readonly log: KeeperLog
  readonly guard: OrphanGuard
  readonly sockets: KeptSockets
  /** How the decider is started. */
  readonly decider: {
    readonly script: string
    readonly args: readonly string[]
    readonly execArgv: readonly string[]
    readonly env: NodeJS.ProcessEnv
    /** Name of the kept socket that it serves. */
    readonly socket: string
  }
}

const CHANNEL_FD = 3
const FIRST_WAIT_MS = 50
const MAX_WAIT_MS = 2000
/** A decider that lived this long begins a new series. */
const HEALTHY_MS = 10_000
/** So many deciders in a row may die while the server stops; then the holder ends, and what is left ends with it. */
const MAX_LOST_AT_STOP = 5

function spawnDecider({ script, args, execArgv, env, socket }: HolderRun['decider'], socketFd: number | undefined): ChildProcess {
  const listeners = { [socket]: CHANNEL_FD + 1 }
  return spawn(process.execPath, [...execArgv, script, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', socketFd ?? 'ignore'],
    env: { ...env, ...inheritance({ name: 'decider', channel: CHANNEL_FD, listeners }) },
  })
}

export interface RunningHolder {
  /** Asks the decider to stop everything. */
  stop(): void
  /** Resolves with the exit code when everything has stopped. */
  readonly ended: Promise<number>
}

export function runHolder({ log, guard, sockets, decider }: HolderRun): RunningHolder {
  let channel: MessageStream | undefined
  let running: ChildProcess | undefined
  let waitMs = FIRST_WAIT_MS
  let lostAtStop = 0
  let end = (_code: number): void => {}
  let isEnded = false
  const ended = new Promise<number>((resolve) => (end = resolve))
  const holder = new Holder({
    attach: (source, stdout, stderr) => log.attach(source, stdout, stderr),
    guard,
    kept: sockets,
    report: (report) => channel?.send(report),
    onEnd(code) {
      isEnded = true
      running?.kill('SIGKILL') // it has nothing left to do, and would wait for this process to end
      end(code)
    },
  })

  function start(): void {
    const startedAt = performance.now()
    const child = spawnDecider(decider, sockets.fd(decider.socket))
    child.on('error', (error) => log.error({ err: error.message }, 'the decider could not be started'))
    child.once('close', (code, signal) => lost({ code, signal }, performance.now() - startedAt)) // all its orders have been read
    running = child
    if (child.pid === undefined) return
    const { pid } = child
    guard.watch(pid)
    child.once('exit', () => guard.forget(pid))
    listen(child)
  }

  function listen(child: ChildProcess): void {
    const stream = new MessageStream(child.stdio[CHANNEL_FD] as Duplex, {
      onMessage: (order) => holder.obey(order as Order),
      onEnd() {
        channel = undefined
        holder.isHeard = false
      },
    })
    channel = stream
    stream.send(holder.state)
    holder.isHeard = true
  }

  function lost(exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null }, livedMs: number): void {
    if (isEnded) return
    if (holder.isStopping && ++lostAtStop >= MAX_LOST_AT_STOP) return end(1)
    if (livedMs >= HEALTHY_MS) waitMs = FIRST_WAIT_MS
    log.warn({ ...exit, waitMs }, 'the decider exited; restarting it')
    setTimeout(start, waitMs)
    waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)
  }

  start()
  return {
    ended,
    stop() {
      holder.isStopping = true
      channel?.send({ type: 'stop' })
    },
  }
}
