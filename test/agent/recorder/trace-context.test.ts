import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { formatTraceParent, parseTraceParent, traceStateOf } from '../../../agent/src/recorder/trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

test('a traceparent is read as it was written', () => {
  for (const flags of [0, 1]) {
    expect(parseTraceParent(formatTraceParent(TRACE, SPAN, flags))).toEqual({ traceId: TRACE, parentSpanId: SPAN, flags })
  }
})

test.each([
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}`,
  '',
  undefined,
  ['a', 'b'],
])('%s is not to be trusted', (header) => {
  expect(parseTraceParent(header)).toBeUndefined()
})

test('a later version is read by its first fields', () => {
  expect(parseTraceParent(`cc-${TRACE}-${SPAN}-01-what-comes`)?.traceId).toBe(TRACE)
})

test('garbage never throws', () => {
  assert(
    property(string(), (text) => {
      expect(['undefined', 'object']).toContain(typeof parseTraceParent(text))
    }),
  )
})

test('several tracestate headers are one list, and one that is too long is dropped', () => {
  expect(traceStateOf(['a=1', 'b=2'])).toBe('a=1,b=2')
  expect(traceStateOf('x'.repeat(513))).toBeUndefined()
  expect(traceStateOf('')).toBeUndefined()
})
