/** Parts of Node that are patched where no channel tells enough: as the application loads them, and not before. */
import process from 'node:process'
import { attempt } from '../guard/guard.ts'

const waiting = new Map<string, ((exports: never) => void)[]>()

/** Calls `apply` with the exports of a part of Node when somebody loads it; now, if it is loaded. */
export function onBuiltin(name: string, apply: (exports: never) => void): void {
  waiting.set(`node:${name}`, [...(waiting.get(`node:${name}`) ?? []), apply])
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] }
  if (moduleLoadList?.includes(`NativeModule ${name}`)) builtinLoaded(`node:${name}`)
}

/** Called by the module hooks with whatever is loaded from Node, before the application gets it. */
export function builtinLoaded(url: string): void {
  const patches = waiting.get(url)
  if (!patches) return
  waiting.delete(url)
  const exports = process.getBuiltinModule(url) as never
  for (const apply of patches) attempt(url, () => apply(exports), undefined)
}
