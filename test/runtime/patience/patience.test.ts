import { expect, test } from 'vitest'
import { Patience } from '../../../runtime/src/patience/patience.ts'

/** A clock whose timers run when the test says so. */
function clockOf() {
  const timers = new Set<() => void>()
  const after = (_ms: number, run: () => void) => {
    timers.add(run)
    return () => void timers.delete(run)
  }
  return { clock: { now: () => 0, after } as never, timers, timeIsOver: () => [...timers].forEach((run) => run()) }
}

const silent = () => new Error('silent')
const never = () => new Promise<never>(() => {})

test('an answer in time is given, and nothing stays behind', async () => {
  const { clock, timers } = clockOf()
  expect(await new Patience(clock).answer({ ask: () => Promise.resolve(7), timeoutMs: 5, silent })).toBe(7)
  expect(timers.size).toBe(0)
})

test('what the question throws comes through', async () => {
  const ask = () => Promise.reject(new Error('refused'))
  await expect(new Patience(clockOf().clock).answer({ ask, timeoutMs: 5, silent })).rejects.toThrow('refused')
})

test('after a silence one question at a time waits, until something answers', async () => {
  const { clock, timeIsOver } = clockOf()
  const patience = new Patience(clock)
  const ask = (question: () => Promise<unknown>) => patience.answer({ ask: question, timeoutMs: 5, silent })
  const first = ask(never)
  timeIsOver()
  await expect(first).rejects.toThrow('silent')
  let asked = 0
  const slow = Promise.withResolvers<string>()
  const waiting = ask(() => slow.promise)
  await expect(ask(() => Promise.resolve(++asked))).rejects.toThrow('silent')
  expect(asked).toBe(0)
  slow.resolve('back')
  expect(await waiting).toBe('back')
  expect(await ask(() => Promise.resolve(++asked))).toBe(1)
})
