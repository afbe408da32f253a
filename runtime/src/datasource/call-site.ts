/** Where the application called from: asked of the agent, or taken here when none runs. Formatting is the cost, so it waits until asked. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CallSite, currentAgent } from '@spyglass/agent'

/** The function that the application called: frames down to it are left out. */
export type Facade = (...args: never[]) => unknown

/** A method as it stands on the stack. */
export const methodOf = <C>(type: { readonly prototype: C }, name: keyof C): Facade => type.prototype[name] as Facade

/** The call site above `calledFrom`, which must be running now. */
export function captureCallSite(calledFrom: Facade): CallSite {
  return currentAgent()?.captureCallSite(calledFrom) ?? new OwnCallSite(calledFrom)
}

const FRAMES = 12

class OwnCallSite implements CallSite {
  readonly #holder = { stack: '' }
  #frames: readonly string[] | undefined

  constructor(calledFrom: Facade) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = FRAMES
    Error.captureStackTrace(this.#holder, calledFrom)
    Error.stackTraceLimit = limit
  }

  location(): string {
    return /(?:^|\()([^()]+:\d+):\d+\)?$/.exec(this.frames()[0] ?? '')?.[1] ?? ''
  }

  frames(): readonly string[] {
    this.#frames ??= applicationFrames(this.#holder.stack)
    return this.#frames
  }
}

/** The lines of a stack that are the application's: not Node's own, not a dependency's. Paths are relative to the working directory. */
export function applicationFrames(stack: string): readonly string[] {
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at ') && !/\(?node:|[\\/]node_modules[\\/]|<anonymous>\)?$|\(native\)$/.test(line))
    .map((line) => line.slice('    at '.length).replace(/(?:file:\/\/)?\/[^()]*(?=:\d+:\d+\)?$)/, shortPath))
}

/** A stack is text: an address in it need not be a valid one, and then stays as it is. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}

function shortPath(path: string): string {
  const full = path.startsWith('file:') ? pathOf(path) : path
  const short = relative(process.cwd(), full)
  return short.startsWith('..') ? full : short
}
