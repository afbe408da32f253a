import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runDelayMs } from '../../../agent/src/spool/run-delay.ts'

test('the time that this thread has waited for a processor is the one that the kernel counts', () => {
  const kernel = (): number =>
    existsSync('/proc/thread-self/schedstat') ? Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6 : 0
  const before = kernel()
  const waited = runDelayMs()
  expect(waited).toBeGreaterThanOrEqual(before)
  expect(waited).toBeLessThanOrEqual(kernel())
})
