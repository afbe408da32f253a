import { expect, test } from 'vitest'
import { counter32, counter64, gauge32, text, timeTicks } from '../../../snmp-bridge/src/ber/value.ts'

test('counters wrap at their size and gauges stay at their end', () => {
  expect(counter32(2 ** 32 + 5)).toEqual({ type: 'counter32', value: 5 })
  expect(counter64(2n ** 64n + 5n)).toEqual({ type: 'counter64', value: 5n })
  expect(counter64(-1)).toEqual({ type: 'counter64', value: 0n })
  expect(gauge32(2 ** 40)).toEqual({ type: 'gauge32', value: 2 ** 32 - 1 })
  expect(gauge32(-3)).toEqual({ type: 'gauge32', value: 0 })
  expect(timeTicks(2 ** 32)).toEqual({ type: 'timeTicks', value: 0 })
  expect(text('池')).toEqual({ type: 'octets', value: Buffer.from('池') })
})
