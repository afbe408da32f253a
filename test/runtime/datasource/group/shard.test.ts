import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shardOf } from '../../../../runtime/src/datasource/group/shard.ts'

const members = fc.uniqueArray(fc.record({ name: fc.string({ minLength: 1 }), weight: fc.integer({ min: 1, max: 5 }) }), {
  minLength: 2,
  maxLength: 6,
  selector: ({ name }) => name,
})

test('a key has one member, whatever their order', () => {
  fc.assert(
    fc.property(fc.string(), members, (key, all) => {
      const shard = shardOf(key, all)
      expect(all.map(({ name }) => name)).toContain(shard)
      expect(shardOf(key, all.toReversed())).toBe(shard)
    }),
  )
})

test('when a member goes, only its own keys move', () => {
  fc.assert(
    fc.property(fc.string(), members, (key, all) => {
      const [gone, ...left] = all
      const shard = shardOf(key, all)
      if (shard !== gone!.name) expect(shardOf(key, left)).toBe(shard)
    }),
  )
})

test('keys are shared by weight, and a member without one has none', () => {
  const of = [
    { name: 'a', weight: 3 },
    { name: 'b', weight: 1 },
    { name: 'c', weight: 0 },
  ]
  const counts = Map.groupBy(
    Array.from({ length: 4000 }, (_, i) => shardOf(`customer ${i}`, of)),
    (name) => name,
  )
  expect(counts.has('c')).toBe(false)
  expect(counts.get('a')!.length / 4000).toBeCloseTo(0.75, 1)
})

test('the member of a key is the same in every version', () => {
  const of = ['a', 'b', 'c'].map((name) => ({ name, weight: 1 }))
  expect(['1', '2', '3', '4', '5', 'é'].map((key) => shardOf(key, of)).join('')).toMatchInlineSnapshot(`"bbcbca"`)
})
