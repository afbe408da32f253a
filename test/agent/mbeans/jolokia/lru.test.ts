import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLru } from '../../../../agent/mbeans/src/jolokia/lru.ts'

describe('createLru', () => {
  it('keeps what is used and forgets what is not', () => {
    const cache = createLru<number>(4)
    cache.set('kept', 1)
    for (let index = 0; index < 20; index++) {
      expect(cache.get('kept')).toBe(1)
      cache.set(`other${index}`, index)
    }
    expect(cache.get('other0')).toBeUndefined()
  })

  it('never holds more than its limit, and never a wrong value', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__'), fc.nat())), (steps) => {
        const cache = createLru<number>(4)
        const truth = new Map<string, number>()
        for (const [key, value] of steps) {
          cache.set(key, value)
          truth.set(key, value)
          expect(cache.get(key)).toBe(value)
          expect(cache.size).toBeLessThanOrEqual(4)
        }
        for (const [key, value] of truth) expect([value, undefined]).toContain(cache.get(key))
      }),
    )
  })

  it('is empty after clear', () => {
    const cache = createLru<number>(4)
    cache.set('a', 1)
    cache.clear()
    expect([cache.get('a'), cache.size]).toEqual([undefined, 0])
  })
})
