import { ROOT_CONTEXT, type Span, defaultTextMapGetter, defaultTextMapSetter, propagation, trace, type Context } from '@opentelemetry/api'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { propagator } from '../../../../agent/src/instrument/opentelemetry/propagator.ts'
import { setPropagators } from '../../../../agent/src/recorder/propagation.ts'

afterEach(() => setPropagators(['tracecontext', 'baggage']))

const extract = (carrier: Record<string, unknown>): Context => propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter)
function inject(context: Context): Record<string, string> {
  const carrier: Record<string, string> = {}
  propagator.inject(context, carrier, defaultTextMapSetter)
  return carrier
}

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

test('what is extracted is injected unchanged: ids, the sampled flag, tracestate and baggage', () => {
  const carrier = { traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'rojo=1,congo=2', baggage: 'user=ada%20l,tenant=7;ttl=3' }
  const context = extract(carrier)
  expect(trace.getSpanContext(context)).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 0, isRemote: true })
  expect(trace.getSpanContext(context)?.traceState?.get('congo')).toBe('2')
  expect(propagation.getBaggage(context)?.getEntry('user')?.value).toBe('ada l')
  expect(propagation.getBaggage(context)?.getEntry('tenant')?.metadata?.toString()).toBe('ttl=3')
  expect(inject(context)).toEqual(carrier)
})

test('nothing is injected without a span and baggage, and nothing is extracted from what is not valid', () => {
  expect(inject(ROOT_CONTEXT)).toEqual({})
  expect(extract({})).toBe(ROOT_CONTEXT)
  expect(extract({ traceparent: `00-${'0'.repeat(32)}-${SPAN}-01`, baggage: '=,%;;' })).toBe(ROOT_CONTEXT)
})

test.each([
  [['b3'], { b3: `${TRACE}-${SPAN}-0` }],
  [['b3multi'], { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }],
  [['tracecontext', 'b3'], { traceparent: `00-${TRACE}-${SPAN}-01`, b3: `${TRACE}-${SPAN}-1` }],
])('the formats %j are written and read', (names, carrier) => {
  setPropagators(names)
  expect(inject(extract(carrier))).toEqual(carrier)
})

test('B3 with 64 bits, without a decision and with debug', () => {
  setPropagators(['b3'])
  expect(trace.getSpanContext(extract({ b3: `${SPAN}-${SPAN}` }))).toMatchObject({ traceId: '0'.repeat(16) + SPAN, traceFlags: 1 })
  expect(trace.getSpanContext(extract({ 'X-B3-TraceId': TRACE }))).toBeUndefined()
  const headers = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '0', 'x-b3-flags': '1' }
  expect(trace.getSpanContext(extract(headers))?.traceFlags).toBe(1)
})

test('with none nothing travels', () => {
  setPropagators(['none', 'tracecontext'])
  expect(extract({ traceparent: `00-${TRACE}-${SPAN}-01`, baggage: 'a=b' })).toBe(ROOT_CONTEXT)
})

test('any baggage of the API survives the way, and any header is read without an error', () => {
  const key = fc.stringMatching(/^[a-z][\w.-]{0,20}$/)
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({ unit: 'binary', maxLength: 40 }), { maxKeys: 20 }), fc.string(), (values, header) => {
      const entries = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]))
      const carried = extract(inject(propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(entries))))
      const back = Object.fromEntries(propagation.getBaggage(carried)?.getAllEntries() ?? [])
      expect(back).toEqual(entries)
      for (const name of ['traceparent', 'tracestate', 'baggage', 'b3']) expect(() => extract({ [name]: header })).not.toThrow()
    }),
  )
})

test('a value with half a surrogate pair travels as U+FFFD, and any other value as its text', () => {
  const value = fc.oneof(
    fc.array(fc.constantFrom('a', ' ', '\ud83d', '\ude00', '😀'), { maxLength: 10 }).map((parts) => parts.join('')),
    fc.anything({ maxDepth: 0 }) as fc.Arbitrary<string>, // what the types forbid
  )
  fc.assert(
    fc.property(value, (given) => {
      const carried = inject(propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ key: { value: given } })))
      expect(propagation.getBaggage(extract(carried))?.getEntry('key')?.value).toBe(String(given as unknown).toWellFormed())
    }),
  )
})

test('a span of the application that fails does not throw into it, and its baggage still travels', () => {
  const failing = { spanContext: () => fail('no context') } as unknown as Span
  const context = propagation.setBaggage(trace.setSpan(ROOT_CONTEXT, failing), propagation.createBaggage({ user: { value: 'ada' } }))
  expect(inject(context)).toEqual({ baggage: 'user=ada' })
})

function fail(message: string): never {
  throw new Error(message)
}
