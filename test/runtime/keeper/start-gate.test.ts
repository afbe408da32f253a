import { expect, test, vi } from 'vitest'
import { StartGate } from '../../../runtime/src/keeper/start-gate.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('so many start at a time, in the order they came', async () => {
  const gate = new StartGate({ limit: 2 })
  const inside: number[] = []
  const leaves: (() => void)[] = []
  for (let i = 0; i < 4; i++) void gate.enter().then((leave) => (inside.push(i), leaves.push(leave)))
  await settle()
  expect(inside).toEqual([0, 1])
  leaves[1]!()
  leaves[1]!() // a second time gives no second place
  await settle()
  expect(inside).toEqual([0, 1, 2])
  leaves[0]!()
  await settle()
  expect(inside).toEqual([0, 1, 2, 3])
})

test('a start that takes long holds nobody up for longer than is set', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const gate = new StartGate({ limit: 1, longestMs: 5000 })
    await gate.enter()
    let entered = false
    void gate.enter().then(() => (entered = true))
    vi.advanceTimersByTime(4999)
    await settle()
    expect(entered).toBe(false)
    vi.advanceTimersByTime(1)
    await settle()
    expect(entered).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})
