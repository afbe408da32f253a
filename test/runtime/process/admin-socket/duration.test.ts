import { durationMs } from '@spyglass/process/admin-socket'
import { expect, test } from 'vitest'

test.for([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['8h', 28_800_000],
  ['7d', 604_800_000],
  ['3650d', 315_360_000_000],
  ['3651d', undefined],
  ['0s', undefined],
  ['-1s', undefined],
  ['1.5h', undefined],
  ['30', undefined],
  ['30 m', undefined],
  ['m', undefined],
  ['', undefined],
] as const)('%j is %s ms', ([text, ms]) => {
  expect(durationMs(text)).toBe(ms)
})
