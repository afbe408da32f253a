import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf, Entries, type Entry } from '../../../runtime/src/cache/entries.ts'
import { kept } from '../../../runtime/src/cache/stored-value.ts'

const entryOf = (size: number, tags: readonly string[]): Entry => ({
  value: kept(size, size),
  tags,
  freshUntil: 0,
  staleUntil: 0,
  errorUntil: 0,
  retryAt: 0,
})

/** The same as a list, the least recently used first. */
class Model {
  list: { key: string; entry: Entry }[] = []
  evictions = 0

  get bytes(): number {
    return this.list.reduce((sum, { key, entry }) => sum + bytesOf(key, entry), 0)
  }

  drop(isDropped: (key: string, entry: Entry) => boolean): number {
    const before = this.list.length
    this.list = this.list.filter(({ key, entry }) => !isDropped(key, entry))
    return before - this.list.length
  }

  evict(max: number): void {
    while (this.bytes > max) {
      this.list.shift()
      this.evictions++
    }
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'long'.repeat(20))
const tag = fc.constantFrom('x', 'y', 'z')
const step = fc.oneof(
  fc.record({ do: fc.constant('set' as const), key, size: fc.integer({ min: 0, max: 3000 }), tags: fc.uniqueArray(tag) }),
  fc.record({ do: fc.constant('get' as const), key }),
  fc.record({ do: fc.constant('delete' as const), key }),
  fc.record({ do: fc.constant('deleteTag' as const), tag }),
  fc.record({ do: fc.constant('max' as const), max: fc.integer({ min: 1000, max: 6000 }) }),
  fc.record({ do: fc.constant('clear' as const) }),
)

test('whatever is done, the most recently used remain, within the bytes, and each tag finds its own', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let max = 4000
      const entries = new Entries(max)
      const model = new Model()
      for (const one of steps) {
        if (one.do === 'set') {
          const entry = entryOf(one.size, one.tags)
          model.drop((known) => known === one.key)
          const isKept = bytesOf(one.key, entry) <= max
          if (isKept) model.list.push({ key: one.key, entry })
          model.evict(max)
          expect(entries.set(one.key, entry)).toBe(isKept)
        } else if (one.do === 'get') {
          const found = model.list.find((known) => known.key === one.key)
          expect(entries.get(one.key)).toBe(found?.entry)
          if (found) model.list = [...model.list.filter((other) => other !== found), found]
        } else if (one.do === 'delete') {
          expect(entries.delete(one.key)).toBe(model.drop((known) => known === one.key) === 1)
        } else if (one.do === 'deleteTag') {
          expect(entries.deleteTag(one.tag)).toBe(model.drop((_, { tags }) => tags.includes(one.tag)))
        } else if (one.do === 'max') {
          ;({ max } = one)
          entries.maxBytes = max
          model.evict(max)
        } else expect(entries.clear()).toBe(model.drop(() => true))
        expect([entries.size, entries.bytes, entries.evictions]).toEqual([model.list.length, model.bytes, model.evictions])
        expect(entries.bytes).toBeLessThanOrEqual(max)
        expect(entries.tags).toBe(new Set(model.list.flatMap(({ entry }) => entry.tags)).size)
      }
    }),
  )
})
