/**
 * Reaches into libraries that publish no channel. Node's synchronous load hook appends one line to the few files named here; the line hands
 * the file's exports to a patch. It works for require and import alike and costs other modules one look at their URL.
 */
import { type LoadFnOutput, registerHooks } from 'node:module'
import { attempt, reportFault } from '../guard/guard.ts'

export interface ModulePatch {
  readonly name: string
  /** Which files it patches, by the end of their URL. */
  readonly file: RegExp
  /** What is appended, given the expression that calls the patch. */
  readonly append: (call: string) => string
  /** Called as the file ends; what it returns is up to `append`. */
  readonly apply: (...args: never[]) => unknown
}

const ENTRY = Symbol.for('spyglass.patch')
type Entry = (name: string, ...args: unknown[]) => unknown

export function installPatches(patches: readonly ModulePatch[]): void {
  const byName = new Map(patches.map((patch) => [patch.name, patch]))
  const entry: Entry = (name, ...args) => {
    try {
      return (byName.get(name)?.apply as Entry | undefined)?.(...(args as [string]))
    } catch (error) {
      reportFault(name, error)
      return args[0]
    }
  }
  Object.defineProperty(globalThis, ENTRY, { value: entry, configurable: true })
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      return attempt('load', () => patched(url, loaded, patches), loaded)
    },
  })
}

function patched(url: string, loaded: LoadFnOutput, patches: readonly ModulePatch[]): LoadFnOutput {
  const patch = patches.find((candidate) => candidate.file.test(url))
  if (!patch || loaded.source === null || loaded.source === undefined) return loaded
  const call = `globalThis[Symbol.for('spyglass.patch')]?.('${patch.name}',`
  return { ...loaded, source: `${textOf(loaded.source)}\n;${patch.append(call)}` }
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  if (typeof source === 'string') return source
  return new TextDecoder().decode(source)
}
