import { expect, test } from 'vitest'
import { LocalTraces, noteSent } from '../../../agent/src/sdk-node/local-traces.ts'

test('a trace remembers the last spans that were sent of it', () => {
  const traces = new LocalTraces<never>(() => {})
  traces.started({ spanId: 'root' }, undefined)
  const trace = traces.of('root')
  if (!trace) throw new Error('no trace')
  for (let n = 0; n < 3000; n++) noteSent(trace, `${n}`)
  expect([trace.sent.size, trace.sent.has('1999'), trace.sent.has('2000'), trace.sent.has('2999')]).toEqual([1000, false, true, true])
})

test('spans that never end are bounded, also those of one trace', () => {
  let lost = 0
  const traces = new LocalTraces<never>(() => lost++)
  traces.started({ spanId: 'root' }, undefined)
  for (let n = 0; n < 100_001; n++) traces.started({ spanId: `${n}` }, { spanId: 'root' })
  expect(lost).toBe(1)
  expect(traces.of('0')).toBeUndefined()
  traces.started({ spanId: 'later' }, undefined)
  expect(traces.of('later')).toBeDefined()
})
