import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGuessDelay } from '../../../../runtime/process/src/access/guess-delay.ts'

/** A clock that stands, and waits that last until they are let go. */
function stage() {
  let time = 0
  const waits: { ms: number; release: () => void }[] = []
  const delay = createGuessDelay({
    now: () => time,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        waits.push({ ms, release: resolve })
        signal?.addEventListener('abort', () => resolve())
      }),
  })
  return {
    waits,
    guess: (address: string, user = 'admin', gone?: AbortSignal) => delay.afterWrong({ address, user }, gone),
    pass: (ms: number) => (time += ms),
    release: async () => {
      for (const { release } of waits.splice(0)) release()
      await Promise.resolve()
    },
  }
}

async function delaysOf(count: number, guess: () => Promise<number>, waits: { ms: number; release: () => void }[]): Promise<number[]> {
  const delays: number[] = []
  for (let i = 0; i < count; i++) {
    const answer = guess()
    const wait = waits.pop()
    delays.push(wait?.ms ?? 0)
    wait?.release()
    expect(await answer).toBe(0)
  }
  return delays
}

test('three wrong guesses are answered at once, each further one waits twice as long, up to four seconds', async () => {
  const { guess, waits } = stage()
  expect(await delaysOf(10, () => guess('192.0.2.1'), waits)).toEqual([0, 0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000])
})

test('another address and another user are not concerned; ten minutes later all is forgotten', async () => {
  const { guess, waits, pass } = stage()
  await delaysOf(6, () => guess('192.0.2.1'), waits)
  expect(await delaysOf(1, () => guess('192.0.2.2'), waits)).toEqual([0])
  expect(await delaysOf(1, () => guess('192.0.2.1', 'other'), waits)).toEqual([0])
  pass(600_000)
  expect(await delaysOf(1, () => guess('192.0.2.1'), waits)).toEqual([0])
})

test('who tries many names is slowed by his address', async () => {
  const { guess, waits } = stage()
  let n = 0
  const delays = await delaysOf(18, () => guess('192.0.2.1', `user${n++}`), waits)
  expect(delays.slice(14)).toEqual([0, 250, 500, 1000])
})

test('eight answers wait per address, and sixty-four in all; further clients are asked to retry', async () => {
  const { guess, waits, release } = stage()
  for (let i = 0; i < 3; i++) await guess('192.0.2.1')
  const first = Array.from({ length: 8 }, () => guess('192.0.2.1'))
  expect(waits).toHaveLength(8)
  expect(await guess('192.0.2.1')).toBe(4)
  for (let address = 2; waits.length < 64; address++) {
    for (let i = 0; i < 3; i++) await guess(`198.51.100.${address}`)
    for (let i = 0; i < 8; i++) void guess(`198.51.100.${address}`)
  }
  expect(waits).toHaveLength(64)
  for (let i = 0; i < 3; i++) await guess('203.0.113.1')
  expect(await guess('203.0.113.1')).toBe(1)
  await release()
  expect(await Promise.all(first)).toEqual(Array.from({ length: 8 }, () => 0))
  void guess('203.0.113.1')
  expect(waits).toHaveLength(1)
})

test('a client that goes away gives its place back', async () => {
  const { guess, waits } = stage()
  const gone = new AbortController()
  for (let i = 0; i < 3; i++) await guess('192.0.2.1')
  const held = Array.from({ length: 8 }, () => guess('192.0.2.1', 'admin', gone.signal))
  gone.abort()
  await Promise.all(held)
  waits.length = 0
  void guess('192.0.2.1')
  expect(waits).toHaveLength(1)
})

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['::1', '0:0:0:0:0:0:0:1', true],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['fe80::1', 'fe80::2', true],
])('%s and %s are one client: %s', async (one, other, isOne) => {
  const { guess, waits } = stage()
  await delaysOf(3, () => guess(one), waits)
  expect((await delaysOf(1, () => guess(other), waits))[0]).toBe(isOne ? 250 : 0)
})

test('whatever addresses and names come, an answer is 0 or a few seconds, and nothing is held for longer than four', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), fc.string()), { maxLength: 200 }), async (guesses) => {
      const { guess, waits } = stage()
      const answers = guesses.map(([address, user]) => guess(address, user))
      expect(waits.length).toBeLessThanOrEqual(64)
      for (const { ms, release } of waits) {
        expect(ms).toBeLessThanOrEqual(4000)
        release()
      }
      for (const answer of await Promise.all(answers)) expect([0, 1, 2, 4]).toContain(answer)
    }),
  )
})
