import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loopUtilization, Mean } from '../../../runtime/src/admission/load-window.ts'

test('the mean is that of the samples since the last one', () => {
  const mean = new Mean()
  mean.add(1)
  mean.add(3)
  expect([mean.take(), mean.take()]).toEqual([2, 0])
})

test('a loop that computes is busy, one that waits is not', async () => {
  const utilization = loopUtilization()
  const end = performance.now() + 20
  while (performance.now() < end);
  const busy = utilization()
  await sleep(50)
  expect(utilization()).toBeLessThan(busy)
})
