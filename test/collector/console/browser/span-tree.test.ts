import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Span } from '../../../../collector/src/console/browser/api-types.ts'
import { flatten, treeOf } from '../../../../collector/src/console/browser/span-tree.ts'

const span = (spanId: string, parentSpanId: string, start = 0): Span => ({ spanId, parentSpanId, start }) as Span
const shown = (spans: Span[], folded: string[] = []): string[] =>
  flatten(treeOf(spans), new Set(folded)).map(({ span, depth }) => `${'.'.repeat(depth)}${span.spanId}`)

test('children stand below their parent in the order of their start; orphans are roots', () => {
  const spans = [span('c', 'a', 3), span('b', 'a', 2), span('a', '', 1), span('d', 'b', 2.5), span('x', 'lost', 9)]
  expect(shown(spans)).toEqual(['a', '.b', '..d', '.c', 'x'])
  expect(shown(spans, ['b'])).toEqual(['a', '.b', '.c', 'x'])
})

test('whatever parents spans name, circles too, each span is shown exactly once', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(ids, fc.oneof(ids, fc.constant(''))), { selector: ([id]) => id }), (pairs) => {
      const rows = flatten(treeOf(pairs.map(([id, parent], i) => span(id, parent, i))), new Set())
      expect(rows.map((row) => row.span.spanId).toSorted()).toEqual(pairs.map(([id]) => id).toSorted())
    }),
  )
})

test('a hundred thousand spans nested in one another are laid out', () => {
  const spans = Array.from({ length: 100_000 }, (_, i) => span(String(i), i === 0 ? '' : String(i - 1), i))
  expect(flatten(treeOf(spans), new Set())).toHaveLength(100_000) // neither a stack overflow nor quadratic, which would take minutes
})
