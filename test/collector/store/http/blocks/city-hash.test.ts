import { expect, test } from 'vitest'
import { cityHash128 } from '../../../../../collector/src/store/http/blocks/city-hash.ts'

/** As ClickHouse's Java client, which compares them with what we send, hashes the same bytes. */
test.each([
  [8, 'ff0032d4da6d7c56', 'e86beaf3252d0db1'],
  [11, 'cea765bbe667abee', '1f0789d98ad304b5'],
  [15, '05269e1038ec5e64', '97bb1d33fecb7d73'],
  [16, '6a750ad958fcfcda', 'debc34252ec926e8'],
  [17, '6065a7c1c6627dd6', 'b49b42ae98bfb9dc'],
  [20, 'abffc74d60d7170a', '8e3761831f79d0aa'],
  [24, 'bf15c2b2a317b658', '5190668423e7b77d'],
  [25, 'a869dcdb06ceacda', '5b9eb7265f12de88'],
  [32, '0f0064b9da3beff0', '14c3b80357fd1a83'],
  [33, 'c68eabe377ec960f', '2237bfb5e2e68381'],
  [100, 'ace6382ec7eb0ecd', '11ffc522d8bb2ca9'],
  [143, '46c45ebb6fc8a2b1', '936862b71d3e0b67'],
  [144, 'de2ce562b3f593ed', '81181216f4825d1c'],
  [175, '59607df1aea22554', '45e9e1a07f30cb68'],
  [176, 'd25361cbcacba9a9', '5bed8decbea6e577'],
  [272, '0ca8033f07e443ca', '7854196adc62436c'],
  [1000, '9a803cec36a75e07', 'e2689a47e1e9a2e3'],
  [65536, '45dd252966d29b02', '5cdb9c1e8d6b136a'],
] as const)('%i bytes', (length, low, high) => {
  const bytes = Uint8Array.from({ length }, (_, i) => i * i * 31 + length * 7)
  const hash = cityHash128(bytes)
  expect([0, 8].map((at) => hash.readBigUInt64LE(at).toString(16).padStart(16, '0'))).toEqual([low, high])
})
