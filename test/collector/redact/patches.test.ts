import { expect, test } from 'vitest'
import { Patches, varint } from '../../../collector/src/redact/patches.ts'

test('varints are those of protobuf', () => {
  expect([0, 1, 127, 128, 300, 16_384].map((value) => [...varint(value)])).toEqual([[0], [1], [127], [128, 1], [172, 2], [128, 128, 1]])
})

test('a message without changes is the same bytes', () => {
  const patches = new Patches()
  const body = Buffer.from([10, 1, 65])
  patches.reset()
  patches.enter(1, 2, 3)
  patches.leave()
  expect(patches.apply(body)).toBe(body)
})

test('a text that makes a length one byte longer moves all lengths around it', () => {
  const inner = Buffer.concat([Buffer.from([10, 1]), Buffer.from('a')])
  const body = Buffer.concat([Buffer.from([10, inner.length]), inner, Buffer.from([16, 5])])
  const patches = new Patches()
  patches.reset()
  patches.enter(1, 2, 5)
  patches.replace(3, 4, 5, Buffer.alloc(200, 'b'))
  patches.leave()
  const text = Buffer.concat([Buffer.from([10, 200, 1]), Buffer.alloc(200, 'b')])
  expect(patches.apply(body)).toEqual(Buffer.concat([Buffer.from([10, 203, 1]), text, Buffer.from([16, 5])]))
})

test('messages nested too deep are not entered', () => {
  const patches = new Patches()
  patches.reset()
  let depth = 0
  while (patches.enter(0, 0, 0)) depth++
  expect(depth).toBeGreaterThan(60)
})

test('changes of a part are those within it, its own length is left alone', () => {
  const body = Buffer.concat([Buffer.from([10, 3, 10, 1]), Buffer.from('a'), Buffer.from([16, 5])])
  const patches = new Patches()
  patches.reset()
  patches.enter(-1, 2, 5)
  expect(patches.applyWithin(body, 2, 5)).toBeUndefined()
  patches.replace(3, 4, 5, Buffer.from('bcd'))
  patches.leave()
  expect(patches.applyWithin(body, 2, 5)).toEqual(Buffer.concat([Buffer.from([10, 3]), Buffer.from('bcd')]))
})
