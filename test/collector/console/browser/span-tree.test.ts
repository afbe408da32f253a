import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Span } from '../../../../collector/src/console/browser/api-types.ts'
import { flatten, treeOf } from '../../../../collector/src/console/browser/span-tree.ts'

const span = (spanId: string, parentSpanId: string, start = 0): Span => ({ spanId, parentSpanId, start }) as Span
const shown = (spans: Span[], folded: string[] = []): string[] =>
  flatten(treeOf(spans), new Set(spans.filter(({ spanId }) => folded.includes(spanId)))).map(
    ({ span, depth }) => `${'.'.repeat(depth)}${span.spanId}`,
  )

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

test('a client and a server that share an id are both shown, the server below, and their children below the one of their service', () => {
  const of = (spanId: string, parentSpanId: string, name: string, start: number): Span => {
    const [service, kind] = name.split(' ')
    return { spanId, parentSpanId, service, kind, start, name } as Span
  }
  const spans = [
    of('a', '', 'web Server', 0),
    of('b', 'a', 'shop Server', 2),
    of('b', 'a', 'web Client', 1),
    of('c', 'b', 'shop Client', 3),
    of('d', 'b', 'web Internal', 4),
    of('e', 'b', 'other Internal', 5),
  ]
  expect(flatten(treeOf(spans), new Set()).map(({ span, depth }) => `${'.'.repeat(depth)}${span.spanId} ${span.name}`)).toEqual([
    'a web Server',
    '.b web Client',
    '..b shop Server',
    '...c shop Client',
    '...e other Internal',
    '..d web Internal',
  ])
})

test('any spans, with ids that several share or that are empty, are each shown once', () => {
  const ids = fc.constantFrom('', 'a', 'b', 'c')
  const one = fc.record({
    spanId: ids,
    parentSpanId: ids,
    kind: fc.constantFrom('Client', 'Server', 'Internal'),
    service: ids,
    start: fc.nat(3),
  })
  fc.assert(
    fc.property(fc.array(one), (spans) => {
      const rows = flatten(treeOf(spans as Partial<Span>[] as Span[]), new Set())
      expect(new Set(rows.map(({ span }) => span)).size).toBe(spans.length)
      expect(rows).toHaveLength(spans.length)
    }),
  )
})

test('a hundred thousand spans nested in one another are laid out', () => {
  const spans = Array.from({ length: 100_000 }, (_, i) => span(String(i), i === 0 ? '' : String(i - 1), i))
  expect(flatten(treeOf(spans), new Set())).toHaveLength(100_000) // neither a stack overflow nor quadratic, which would take minutes
})
