/**
 * Where JavaScript is that does not come back to the event loop: the inspector's protocol pauses it in the middle of a loop, from another
 * thread or another process. Native code cannot be paused; then there is no answer until it has ended.
 */
import { fileURLToPath } from 'node:url'

/** Innermost frames that are told. */
const MAX_FRAMES = 16

/** The inspector of the process in question. */
export interface Inspector {
  post(method: string): void
  /** One listener for all its events. */
  onEvent(listener: (method: string, params: unknown) => void): void
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

/** Calls `then` with the frames once it is paused, innermost first, as a stack has them: `busy (/app/src/index.js:12:5)`. It stays paused. */
export function pausedFrames(inspector: Inspector, then: (frames: readonly string[]) => void): void {
  /** Told when the debugger is enabled: frames name their script by its number alone. */
  const scripts = new Map<string, string>()
  inspector.onEvent((method, params) => {
    const { scriptId = '', url = '', callFrames = [] } = (params ?? {}) as EventParameters
    if (method === 'Debugger.scriptParsed') scripts.set(scriptId, url)
    if (method === 'Debugger.paused') then(callFrames.slice(0, MAX_FRAMES).map((frame) => textOf(frame, scripts)))
  })
  inspector.post('Debugger.enable')
  inspector.post('Debugger.pause')
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
