import { expect, test } from 'vitest'
import { Queue } from '../../../runtime/src/concurrency/queue.ts'
import { ManualClock } from '../datasource/fixture.ts'
import { frameworks, serveWith } from '../middleware/frameworks.ts'

function openQueue(options: Partial<ConstructorParameters<typeof Queue>[0]> = {}) {
  const clock = new ManualClock()
  const queue = new Queue({ name: 'checkout', ...options }, clock)
  const done: string[] = []
  const ends = new Map<string, () => void>()
  const run = (name: string): Promise<unknown> =>
    queue
      .run(() => new Promise<void>((resolve) => ends.set(name, resolve)))
      .then(
        () => done.push(name),
        (error: { code: string }) => done.push(`${name} ${error.code}`),
      )
  return {
    queue,
    clock,
    done,
    run,
    end: async (name: string): Promise<void> => {
      await expect.poll(() => ends.has(name)).toBe(true)
      ends.get(name)!()
    },
  }
}

test('they run in the order in which they came, as many at once as may', async () => {
  const { queue, done, run, end } = openQueue({ concurrency: 2 })
  const all = ['a', 'b', 'c', 'd'].map(run)
  expect(queue.figures).toMatchObject({ running: 2, length: 2 })
  for (const name of ['a', 'b', 'c', 'd']) await end(name)
  await Promise.all(all)
  expect([done, queue.figures]).toEqual([
    ['a', 'b', 'c', 'd'],
    { name: 'checkout', running: 0, length: 0, waitP95Ms: 0, served: 4, refused: 0, late: 0 },
  ])
})

test('a full queue refuses at once; whose turn does not come in time leaves it, and the next one is not later for it', async () => {
  const { queue, clock, done, run, end } = openQueue({ maxWaiting: 2, deadlineMs: 1000 })
  const all = ['a', 'b', 'c', 'd'].map(run)
  await expect.poll(() => done).toEqual(['d SPY_QUEUE_FULL'])
  clock.advance(999)
  await end('a')
  await expect.poll(() => queue.figures.served).toBe(1)
  clock.advance(1)
  await end('b')
  await Promise.all(all)
  expect(done.toSorted()).toEqual(['a', 'b', 'c SPY_QUEUE_LATE', 'd SPY_QUEUE_FULL'])
  expect(queue.figures).toMatchObject({ refused: 1, late: 1, waitP95Ms: 999 })
})

test.each(Object.keys(frameworks))('with %s a request waits for its turn; a client that goes gives up its place', async (framework) => {
  const queue = new Queue({ name: 'checkout', maxWaiting: 2, deadlineMs: 60_000 })
  const gates: (() => void)[] = []
  const work = (): Promise<string> => new Promise((resolve) => gates.push(() => resolve('done')))
  await using served = await serveWith(framework, queue, work)
  const first = fetch(served.url)
  await expect.poll(() => gates.length).toBe(1)
  const leaving = new AbortController()
  const left = fetch(served.url, { signal: leaving.signal }).catch(() => 'gone')
  await expect.poll(() => queue.figures.length).toBe(1)
  const last = fetch(served.url)
  await expect.poll(() => queue.figures.length).toBe(2)
  expect((await fetch(served.url)).status).toBe(503)
  leaving.abort()
  expect(await left).toBe('gone')
  await expect.poll(() => queue.figures.length).toBe(1)
  gates[0]!()
  await expect.poll(() => gates.length).toBe(2)
  gates[1]!()
  expect([(await first).status, (await last).status]).toEqual([200, 200])
})

test.each(Object.keys(frameworks))('with %s a client that leaves keeps its place until its handler ends', async (framework) => {
  const queue = new Queue({ name: 'checkout', maxWaiting: 0 })
  const { promise, resolve } = Promise.withResolvers<string>()
  await using served = await serveWith(framework, queue, () => promise)
  const leaving = new AbortController()
  const left = fetch(served.url, { signal: leaving.signal }).catch(() => 'gone')
  await expect.poll(() => queue.figures.running).toBe(1)
  leaving.abort()
  expect(await left).toBe('gone')
  await expect.poll(served.clients).toBe(0)
  expect([queue.figures.running, (await fetch(served.url)).status]).toEqual([1, 503])
  resolve('done')
  await expect.poll(() => queue.figures.running).toBe(0)
})
