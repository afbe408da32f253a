import { expect, test } from 'vitest'
import { CallFigures } from '../../../runtime/src/outgoing/call-figures.ts'

test('a server is down after a call that failed, until one succeeds; a refusal of the call is not its fault', () => {
  let now = 0
  const figures = new CallFigures(() => now)
  const [first, second, third] = [figures.begin(), figures.begin(), figures.begin()]
  expect([figures.calls, figures.running, figures.durationP95]).toEqual([3, 3, undefined])
  now = 1000
  first({ error: new Error('silent'), isTimeout: true })
  expect([figures.isDown, figures.failures, figures.timeouts, figures.lastError]).toEqual([true, 1, 1, 'silent'])
  second()
  expect([figures.isDown, figures.running]).toEqual([false, 1])
  third({ error: 'no such user', isDown: false })
  expect([figures.isDown, figures.failures, figures.timeouts, figures.lastError]).toEqual([false, 2, 1, 'no such user'])
  expect(figures.durationP95).toBeCloseTo(1, 0)
  expect(figures.lastErrorTime).toBeGreaterThan(0)
})
