import { expect, test } from 'vitest'
import { Milestones } from '../../../runtime/src/decider/milestones.ts'

test('each settles when it is reached, and not before', async () => {
  const milestones = new Milestones()
  const seen: string[] = []
  void milestones.tried.then((failures) => seen.push(`tried ${[...failures.keys()].join()}`))
  void milestones.ready.then(() => seen.push('ready'))
  void milestones.stopped.then(() => seen.push('stopped'))
  milestones.tellTried(new Map([['store', { message: 'no', kind: 'start' }]]))
  milestones.tellReady()
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toEqual(['tried store', 'ready'])
})
