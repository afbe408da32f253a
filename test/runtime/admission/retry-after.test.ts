import { expect, test } from 'vitest'
import { retryAfterS } from '../../../runtime/src/admission/retry-after.ts'

test('it is spread over three seconds, and over more the longer requests are refused, up to half a minute', () => {
  const most = (refusingMs: number): number => retryAfterS(refusingMs, () => 0.999_999)
  expect([retryAfterS(0, () => 0), most(0), most(60_000), most(3_600_000)]).toEqual([1, 3, 15, 30])
})
