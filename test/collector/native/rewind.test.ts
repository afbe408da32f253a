import { expect, test } from 'vitest'
import { MapColumn, TextColumn } from '../../../collector/src/native/columns.ts'
import { Rewind } from '../../../collector/src/native/rewind.ts'

test('what came after the mark is taken back, in every part, and what came before stays', () => {
  const [map, text] = [new MapColumn(), new TextColumn()]
  const parts = [...map.parts, ...text.parts]
  const rewind = new Rewind(parts)
  expect(rewind.mark()).toBe(0)
  map.entries([['a', 'b']])
  text.string('c')
  const before = parts.map(({ length }) => length)
  expect(rewind.mark()).toBe(before.reduce((sum, length) => sum + length))
  map.entries([['d', 'e']])
  text.string('f')
  rewind.undo()
  expect(parts.map(({ length }) => length)).toEqual(before)
})
