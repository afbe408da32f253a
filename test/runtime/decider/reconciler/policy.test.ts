import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backOffMs, startPatienceMs } from '../../../../runtime/src/decider/reconciler/index.ts'
import { policy } from './world.ts'

test('the wait doubles from the first to the most, and is that of quarantine after so many failures', () => {
  const patient = { ...policy, backOffFirstMs: 100, backOffMostMs: 1000, quarantineAfter: 8 }
  expect([1, 2, 3, 4, 5, 7, 8, 9].map((failures) => backOffMs(patient, failures))).toEqual([
    100,
    200,
    400,
    800,
    1000,
    1000,
    patient.quarantineRetryMs,
    patient.quarantineRetryMs,
  ])
})

test('however often a process without quarantine fails, the wait is never shorter and never beyond the most', () => {
  const service = { ...policy, backOffFirstMs: 10, backOffMostMs: 86_400_000, quarantineAfter: Number.MAX_SAFE_INTEGER }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (failures) => {
      const [wait, next] = [backOffMs(service, failures), backOffMs(service, failures + 1)]
      expect(next >= wait && next <= service.backOffMostMs).toBe(true)
    }),
  )
  expect(backOffMs(service, 28)).toBe(86_400_000)
})

test('patience with a start doubles up to 16 times', () => {
  expect([0, 1, 4, 5].map((slow) => startPatienceMs(policy, slow) / policy.startPatienceMs)).toEqual([1, 2, 16, 16])
})
