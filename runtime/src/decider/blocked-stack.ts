/**
 * What a process is doing whose event loop is blocked: SIGUSR1 starts Node's inspector in a thread of its own (on a port of the loopback address that
 * the kernel chooses, `--inspect-port`), which can pause JavaScript in the middle of a loop, as the agent's helper thread does from within (`agent/src/blocked-loop/`). Only for a process that is about to be killed, and never for
 * one that runs as a user of its own: the first client of that port, a neighbour perhaps, can make it run anything.
 */
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Inspector, type Paused, pausedFrames } from '@spyglass/agent/blocked-loop'
import { processStat } from '../holder/process-stat.ts'
import { listeningPorts } from './listening-ports.ts'

/** Flag that a process needs for it. */
export const INSPECT_FLAG = '--inspect-port=127.0.0.1:0'

const MAX_FRAMES = 8
const POLL_MS = 50
/** A loop that blocks may share its processor with many others. */
const RUNNING_PATIENCE_MS = 10_000
const PATIENCE_MS = 2000

const UNKNOWN: Paused = { frames: [], request: undefined }

/**
 * Frames of the blocked code, innermost first: `busy (/app/src/index.js:12:5)`, and the request that it runs in. No frames when they cannot be had in time: the
 * process is stopped, sits in native code, or this is not Linux.
 */
export async function blockedStack(pid: number): Promise<Paused> {
  const state = processStat(pid)?.state
  if (state === 'T') return UNKNOWN // stopped: it runs nothing
  if (state === undefined || statSync(`/proc/${pid}`).uid !== process.getuid?.()) return UNKNOWN
  const signal = AbortSignal.timeout(state === 'R' ? RUNNING_PATIENCE_MS : PATIENCE_MS)
  try {
    const before = listeningPorts(pid)
    process.kill(pid, 'SIGUSR1')
    const port = await newPort(pid, before, signal)
    const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`, { signal })).json()) as { webSocketDebuggerUrl: string }[]
    if (!target) return UNKNOWN
    const { frames, request } = await pausedBy(target.webSocketDebuggerUrl, signal)
    return { frames: frames.slice(0, MAX_FRAMES), request }
  } catch {
    return UNKNOWN // it has ended, or gives no answer: it is killed all the same
  }
}

async function newPort(pid: number, before: ReadonlySet<number>, signal: AbortSignal): Promise<number> {
  for (;;) {
    const found = [...listeningPorts(pid)].find((port) => !before.has(port))
    if (found !== undefined) return found
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** As the socket's messages, in the order of the protocol. */
function pausedBy(url: string, signal: AbortSignal): Promise<Paused> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const end = (settle: () => void): void => {
      socket.close()
      settle()
    }
    signal.addEventListener('abort', () => end(() => reject(signal.reason as Error)))
    socket.addEventListener('error', () => end(() => resolve(UNKNOWN)))
    socket.addEventListener('open', () => pausedFrames(inspectorAt(socket), (paused) => end(() => resolve(paused))))
  })
}

function inspectorAt(socket: WebSocket): Inspector {
  let lastId = 0
  const waiting = new Map<number, (result: unknown) => void>()
  return {
    post(method, params, then) {
      const id = ++lastId
      if (then) waiting.set(id, then)
      socket.send(JSON.stringify({ id, method, params }))
    },
    onEvent(listener) {
      socket.addEventListener('message', ({ data }) => {
        const { id = 0, method, params, result } = JSON.parse(String(data)) as InspectorMessage
        if (method === undefined) waiting.get(id)?.(result)
        else listener(method, params)
        waiting.delete(id)
      })
    },
  }
}

/** An event, or the answer to what was posted under its id. */
interface InspectorMessage {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
}
