/**
 * What a process is doing whose event loop is blocked: SIGUSR1 starts Node's inspector in a thread of its own (on a port of the loopback address that
 * the kernel chooses, `--inspect-port`), which can pause JavaScript in the middle of a loop. Only for a process that is about to be killed.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { processStat } from '../holder/process-stat.ts'

/** Flag that a process needs for it. */
export const INSPECT_FLAG = '--inspect-port=127.0.0.1:0'

const MAX_FRAMES = 8
const POLL_MS = 50
/** A loop that blocks may share its processor with many others. */
const RUNNING_PATIENCE_MS = 10_000
const PATIENCE_MS = 2000

interface CallFrame {
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number }
}

/** The two events of the inspector that matter here. */
interface InspectorEvent {
  readonly method?: string
  readonly params?: { readonly scriptId?: string; readonly url?: string; readonly callFrames?: readonly CallFrame[] }
}

/**
 * Frames of the blocked code, innermost first: `busy (/app/src/index.js:12)`. Empty when they cannot be had in time: the process is stopped, sits in
 * native code, or this is not Linux.
 */
export async function blockedStack(pid: number): Promise<readonly string[]> {
  const state = processStat(pid)?.state
  if (state === 'T') return [] // stopped: it runs nothing
  const signal = AbortSignal.timeout(state === 'R' ? RUNNING_PATIENCE_MS : PATIENCE_MS)
  try {
    const before = listeningPorts(pid)
    process.kill(pid, 'SIGUSR1')
    const port = await newPort(pid, before, signal)
    const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`, { signal })).json()) as { webSocketDebuggerUrl: string }[]
    return target ? (await pausedFrames(target.webSocketDebuggerUrl, signal)).slice(0, MAX_FRAMES) : []
  } catch {
    return [] // it has ended, or gives no answer: it is killed all the same
  }
}

async function newPort(pid: number, before: ReadonlySet<number>, signal: AbortSignal): Promise<number> {
  for (;;) {
    const found = [...listeningPorts(pid)].find((port) => !before.has(port))
    if (found !== undefined) return found
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** TCP ports that the process listens on. */
function listeningPorts(pid: number): ReadonlySet<number> {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => inodeOf(`/proc/${pid}/fd/${fd}`)))
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)
  const fields = lines.map((line) => line.trim().split(/\s+/)) // 1: address:port in hexadecimal, 3: state (0A is LISTEN), 9: inode
  return new Set(
    fields.flatMap((field) => (field[3] === '0A' && sockets.has(field[9]) ? [Number.parseInt(field[1]!.split(':')[1]!, 16)] : [])),
  )
}

function inodeOf(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1]
  } catch {
    return undefined // closed meanwhile
  }
}

function pausedFrames(url: string, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    /** Told when the debugger is enabled: frames name their script by its number alone. */
    const scripts = new Map<string, string>()
    const end = (settle: () => void): void => {
      socket.close()
      settle()
    }
    signal.addEventListener('abort', () => end(() => reject(signal.reason as Error)))
    socket.addEventListener('error', () => end(() => resolve([])))
    socket.addEventListener('open', () => {
      for (const [id, method] of ['Debugger.enable', 'Debugger.pause'].entries()) socket.send(JSON.stringify({ id, method }))
    })
    socket.addEventListener('message', ({ data }) => {
      const { method, params } = JSON.parse(String(data)) as InspectorEvent
      if (method === 'Debugger.scriptParsed') scripts.set(params?.scriptId ?? '', params?.url ?? '')
      if (method === 'Debugger.paused') end(() => resolve((params?.callFrames ?? []).map((frame) => frameText(frame, scripts))))
    })
  })
}

function frameText({ functionName, location }: CallFrame, scripts: ReadonlyMap<string, string>): string {
  const file = (scripts.get(location.scriptId) ?? '').replace(/^file:\/\//, '')
  return `${functionName || '<anonymous>'} (${file}:${location.lineNumber + 1})`
}
