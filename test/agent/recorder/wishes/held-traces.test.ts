import { expect, test } from 'vitest'
import { HeldTraces } from '../../../../agent/src/recorder/wishes/held-traces.ts'

const record = (length: number) => ({ bytes: Buffer.alloc(length), scope: undefined })

test('what is held of a trace is taken once, all of its requests together', () => {
  const held = new HeldTraces({ maxBytes: 10_000, maxAgeMs: 1000 })
  held.add('a', [record(10), record(20)], 0)
  held.add('b', [record(5)], 1)
  held.add('a', [record(30)], 2)
  expect(held.take('a').map(({ bytes }) => bytes.length)).toEqual([10, 20, 30])
  expect(held.take('a')).toEqual([])
  expect(held.size).toBe(1)
  held.take('b')
  expect(held.bytes).toBe(0)
})

test('the oldest go first when there is no room, and after their time', () => {
  const held = new HeldTraces({ maxBytes: 2500, maxAgeMs: 1000 })
  for (const [at, id] of ['a', 'b', 'c', 'd'].entries()) held.add(id, [record(500)], at)
  expect([held.take('a').length, held.take('b').length]).toEqual([0, 1]) // four of 500 bytes and what each costs beside
  held.add('e', [record(1)], 1003)
  expect([held.take('c').length, held.take('d').length, held.take('e').length]).toEqual([0, 1, 1])
})

test('memory stays bounded whatever comes', () => {
  const held = new HeldTraces({ maxBytes: 100_000, maxAgeMs: 1e9 })
  for (let at = 0; at < 5000; at++) held.add(String(at), [record(at % 700)], at)
  expect(held.bytes).toBeLessThanOrEqual(100_000)
  expect(held.size).toBeLessThan(500)
  expect(held.size).toBeGreaterThan(100)
})
