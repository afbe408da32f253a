/**
 * Where JavaScript is that does not come back to the event loop, and for which request: the inspector's protocol pauses it in the middle of a loop, from another
 * thread or another process. Native code cannot be paused; then there is no answer until it has ended.
 */
import { fileURLToPath } from 'node:url'

/** Innermost frames that are told. */
const MAX_FRAMES = 16

/** The inspector of the process in question. */
export interface Inspector {
  /** `then` gets the result, or undefined when there is none. */
  post(method: string, parameters?: object, then?: (result: unknown) => void): void
  /** One listener for all its events. */
  onEvent(listener: (method: string, params: unknown) => void): void
}

/** The request that paused code runs in, as an agent in its process knows it. */
export interface PausedRequest {
  /** With its method. */
  readonly name: string
  readonly traceId: string
  readonly spanId: string
}

export interface Paused {
  /** Innermost first, as a stack has them: `busy (/app/src/index.js:12:5)`. */
  readonly frames: readonly string[]
  /** Undefined outside of requests, and where there is no agent. */
  readonly request: PausedRequest | undefined
}

interface CallFrame {
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number }
}

/** The two events that matter here. */
interface EventParameters {
  readonly scriptId?: string
  readonly url?: string
  readonly callFrames?: readonly CallFrame[]
}

/** Asked in the middle of the paused code, whose asynchronous context is that of its request. In the global scope: no variable of the code is in the way. */
const CURRENT_REQUEST = {
  expression: `globalThis[Symbol.for('spyglass.agent')]?.currentRequest()`,
  returnByValue: true,
  silent: true,
}

/** Pauses it, and calls `then` once it is, also after each further `Debugger.pause`. It stays paused. */
export function pausedFrames(inspector: Inspector, then: (paused: Paused) => void): void {
  /** Told when the debugger is enabled: frames name their script by its number alone. */
  const scripts = new Map<string, string>()
  inspector.onEvent((method, params) => {
    const { scriptId = '', url = '', callFrames = [] } = (params ?? {}) as EventParameters
    if (method === 'Debugger.scriptParsed') scripts.set(scriptId, url)
    if (method !== 'Debugger.paused') return
    const frames = callFrames.slice(0, MAX_FRAMES).map((frame) => textOf(frame, scripts))
    inspector.post('Runtime.evaluate', CURRENT_REQUEST, (answer) => then({ frames, request: requestIn(answer) }))
  })
  inspector.post('Debugger.enable')
  inspector.post('Debugger.pause')
}

function requestIn(answer: unknown): PausedRequest | undefined {
  const { value } = (answer as { result?: { value?: unknown } } | undefined)?.result ?? {}
  const { name, traceId, spanId } = (value ?? {}) as Partial<PausedRequest>
  const isKnown = typeof name === 'string' && typeof traceId === 'string' && typeof spanId === 'string'
  return isKnown ? { name, traceId, spanId } : undefined
}

function textOf({ functionName, location }: CallFrame, scripts: ReadonlyMap<string, string>): string {
  const { scriptId, lineNumber, columnNumber = 0 } = location
  return `${functionName || '<anonymous>'} (${fileOf(scripts.get(scriptId) ?? '')}:${lineNumber + 1}:${columnNumber + 1})`
}

function fileOf(url: string): string {
  if (!url.startsWith('file://')) return url
  try {
    return fileURLToPath(url)
  } catch {
    return url // not a file of this machine
  }
}
