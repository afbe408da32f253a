import { expect, test } from 'vitest'
import { counter32, counter64, gauge32, text, timeTicks } from '../../../snmp-bridge/src/ber/value.ts'

test('counters wrap at their size and gauges stay at their end', () => {
  expect(counter32(2 ** 32 + 5)).toEqual({ type: 'counter32', value: 5 })
  expect(counter64(2n ** 64n + 5n)).toEqual({ type: 'counter64', value: 5n })
  expect(counter64(-1)).toEqual({ type: 'counter64', value: 0n })
  expect(gauge32(2 ** 40)).toEqual({ type: 'gauge32', value: 2 ** 32 - 1 })
  expect(gauge32(-3)).toEqual({ type: 'gauge32', value: 0 })
  expect(gauge32(2 ** 32 - 1)).toEqual({ type: 'gauge32', value: 2 ** 32 - 1 })
  expect(timeTicks(2 ** 32)).toEqual({ type: 'timeTicks', value: 0 })
  expect(text('池')).toEqual({ type: 'octets', value: Buffer.from('池') })
})

test('fractions are cut from counters and rounded in gauges; what is below zero is zero', () => {
  expect([counter32(1.9), counter32(0), counter32(-1)]).toMatchObject([{ value: 1 }, { value: 0 }, { value: 0 }])
  expect([timeTicks(1.9), timeTicks(0), timeTicks(-1)]).toMatchObject([{ value: 1 }, { value: 0 }, { value: 0 }])
  expect([counter64(1.9), counter64(0), counter64(-1n)]).toMatchObject([{ value: 1n }, { value: 0n }, { value: 0n }])
  expect([gauge32(1.4), gauge32(1.5), gauge32(0)]).toMatchObject([{ value: 1 }, { value: 2 }, { value: 0 }])
})
