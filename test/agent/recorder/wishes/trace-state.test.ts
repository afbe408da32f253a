import fc from 'fast-check'
import { expect, test } from 'vitest'
import { upstreamStateIn, withUpstreamState } from '../../../../agent/src/recorder/wishes/trace-state.ts'

test('our entry says what the caller wants, before the entries of others', () => {
  expect(withUpstreamState(undefined, 'hold')).toBe('spyglass=k:h')
  expect(withUpstreamState('a=1, spyglass=k:h,b=2', 'kept')).toBe('spyglass=k:1,a=1,b=2')
  expect(withUpstreamState(undefined, 'forced', '0123456789abcdef')).toBe('spyglass=k:f;m:0123456789abcdef')
  expect(upstreamStateIn('a=1, spyglass=k:1 ,b=2')).toEqual({ state: 'kept', proof: '' })
  expect(upstreamStateIn('spyglass=k:f;m:0123456789abcdef')).toEqual({ state: 'forced', proof: '0123456789abcdef' })
})

test.each([undefined, '', 'a=1', 'spyglass=', 'spyglass=k:2', 'spyglass2=k:1', 'x=spyglass=k:1'])('%j says nothing', (traceState) => {
  expect(upstreamStateIn(traceState)).toBeUndefined()
})

test('entries of others stay in their order, as many as there is room for', () => {
  const entry = fc.tuple(fc.stringMatching(/^[a-r][a-z0-9]{0,30}$/), fc.stringMatching(/^[a-z0-9:;]{1,60}$/)).map((pair) => pair.join('='))
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), fc.constantFrom('hold' as const, 'kept' as const), (others, state) => {
      const text = withUpstreamState(others.join(',') || undefined, state)
      const [, ...left] = text.split(',')
      expect(text.length).toBeLessThanOrEqual(512)
      expect(left.length).toBeLessThan(32)
      expect(left).toEqual(others.slice(0, left.length))
      expect(upstreamStateIn(text)?.state).toBe(state)
      if (left.length < Math.min(31, others.length)) expect(text.length + 1 + (others[left.length] ?? '').length).toBeGreaterThan(512)
    }),
  )
})
