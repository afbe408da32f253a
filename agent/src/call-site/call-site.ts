/**
 * The application's place in the code. Capturing takes the stack unformatted (a few microseconds); file names and lines are worked out
 * only when somebody asks. Frames of Node, node_modules and this suite are omitted.
 */
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** Where the application called from: captured cheaply, formatted only when asked. */
export interface CallSite {
  /** `file:line` of the innermost frame of the application, relative to the source root; empty when there is none. */
  location(): string
  /** Frames of the application, innermost first: `function (file:line:column)`. */
  frames(): readonly string[]
}

/** Frames taken from V8. Those of drivers and of awaiting functions count, so the application's may begin late. */
const CAPTURED_FRAMES = 12
const MAX_FRAMES = 8

export interface Frame {
  readonly function: string
  readonly file: string
  readonly line: number
  readonly column: number
}

type AnyFunction = (...args: never[]) => unknown

/** A stack taken now and read later, if at all. */
export class CapturedStack implements CallSite {
  declare readonly stack: string
  #frames: readonly Frame[] | undefined

  constructor(calledFrom: AnyFunction) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = CAPTURED_FRAMES
    Error.captureStackTrace(this, calledFrom)
    Error.stackTraceLimit = limit
  }

  get applicationFrames(): readonly Frame[] {
    this.#frames ??= applicationFrames(formatted(this))
    return this.#frames
  }

  location(): string {
    const frame = this.applicationFrames[0]
    return frame ? `${frame.file}:${frame.line}` : ''
  }

  frames(): readonly string[] {
    return this.applicationFrames.map(frameText)
  }
}

/** `function (file:line:column)`. */
export function frameText(frame: Frame): string {
  return `${frame.function || '<anonymous>'} (${frame.file}:${frame.line}:${frame.column})`
}

/** An application's own prepareStackTrace would return anything; without it Node formats, source maps included. */
function formatted(captured: CapturedStack): string {
  const { prepareStackTrace } = Error // eslint-disable-line typescript/unbound-method -- it is put back, not called
  try {
    Error.prepareStackTrace = undefined as never
    return captured.stack
  } finally {
    Error.prepareStackTrace = prepareStackTrace as never
  }
}

const FRAME = /^\s+at (?:(.+?) \()?((?:file:\/\/|\/|[A-Za-z]:\\).+?):(\d+):(\d+)\)?$/

let sourceRoot: string | undefined

/** Sets the folder that file names are relative to. Default, and for an empty name: the working directory. */
export function setSourceRoot(folder: string): void {
  sourceRoot = folder === '' ? undefined : folder.replace(/\/+$/, '')
}

/** Frames of the application in a formatted stack, innermost first, files relative to `root`. */
export function applicationFrames(stack: string, root: string = sourceRoot ?? process.cwd()): readonly Frame[] {
  const frames: Frame[] = []
  for (const line of stack.split('\n')) {
    const match = FRAME.exec(line)
    if (!match) continue
    const { file, isForeign } = applicationFile(match[2] ?? '', root)
    if (isForeign) continue
    frames.push({
      function: (match[1] ?? '').replace(/^async /, ''),
      file,
      line: Number(match[3]),
      column: Number(match[4]),
    })
    if (frames.length === MAX_FRAMES) break
  }
  return frames
}

/** A script's file, relative to `root` where it is in it, and whether it is not the application's. */
export function applicationFile(url: string, root: string): { readonly file: string; readonly isForeign: boolean } {
  const path = pathOf(url)
  return { file: path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path, isForeign: isForeign(path) }
}

function pathOf(file: string): string {
  if (!file.startsWith('file://')) return file
  try {
    return fileURLToPath(file.replace(/\?.*$/, ''))
  } catch {
    return '' // not a file of this machine
  }
}

/** In a checkout the suite's folders are next to the agent's; when installed, all are under node_modules. */
const SUITE = fileURLToPath(new URL('../../../', import.meta.url))
const OWN_SOURCE = /^(agent|runtime|collector|snmp-bridge|dashboards)\/([\w-]+\/)?(src|dist)\//

function isForeign(file: string): boolean {
  return (
    file === '' ||
    file.startsWith('node:') ||
    file.includes('/node_modules/') ||
    (file.startsWith(SUITE) && OWN_SOURCE.test(file.slice(SUITE.length)))
  )
}
