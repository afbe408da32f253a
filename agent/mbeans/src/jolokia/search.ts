/** The `search` request: names that match a pattern. */
import type { Directory } from './directory.ts'
import { createLru } from './lru.ts'
import type { SearchRequest } from './request.ts'

const REMEMBERED = 100

/** Results are cached until a bean is added or removed. */
export function createSearch(directory: Directory): (request: SearchRequest) => string {
  const known = createLru<string>(REMEMBERED)
  let generation = -1
  return ({ mbean, parameters: { canonicalNaming } }) => {
    if (directory.generation() !== generation) {
      known.clear()
      generation = directory.generation()
    }
    const key = `${canonicalNaming ? 'c' : 'r'}${mbean}`
    let text = known.get(key)
    if (text === undefined) {
      text = JSON.stringify(directory.match(mbean).map(({ name, parsed }) => (canonicalNaming ? parsed.canonical : name)))
      known.set(key, text)
    }
    return text
  }
}
