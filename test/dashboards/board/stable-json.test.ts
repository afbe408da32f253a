import { expect, test } from 'vitest'
import { stableJson } from '../../../dashboards/src/board/stable-json.ts'

test('the same content gives the same text, however its keys stand', () => {
  expect(stableJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe(stableJson({ a: 'x', b: [{ c: null, d: 1 }] }))
  expect(JSON.parse(stableJson({ b: [{ d: 1, c: null }], a: 'x' }))).toEqual({ a: 'x', b: [{ c: null, d: 1 }] })
})
