import { expect, test, vi } from 'vitest'
import { attempt, guarded, hookFaults, onHookFault, reportFault } from '../../../agent/src/guard/guard.ts'

const failing = (): never => {
  throw new TypeError('broken')
}

test('a guarded function throws nothing, and each of its faults counts', () => {
  const before = hookFaults()
  const hook = guarded('guard.test.counted', failing)
  hook()
  hook()
  expect(attempt('guard.test.counted', failing, 7)).toBe(7)
  expect(hookFaults() - before).toBe(3)
})

test('the first fault of each hook is reported, and a listener that fails does no harm', () => {
  const listener = vi.fn<(hook: string, error: unknown) => void>(failing)
  onHookFault(listener)
  const error = new TypeError('broken')
  reportFault('guard.test.a', error)
  reportFault('guard.test.a', error)
  reportFault('guard.test.b', error)
  expect(listener.mock.calls).toEqual([
    ['guard.test.a', error],
    ['guard.test.b', error],
  ])
})
