import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkHealth } from '../../../../runtime/src/instance/health/health-checks.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MIB = 1_048_576
const health = { intervalMs: 1000, timeoutMs: 100, failures: 2 }

function check(settings: Partial<Parameters<typeof checkHealth>[0]['settings'][number]['health']>) {
  const told: (string | undefined)[] = []
  const now = { answer: undefined as string | undefined, delayMs: 0, starved: 0, heap: 0, rss: 0 }
  const asked: string[] = []
  const stop = checkHealth({
    settings: [{ name: 'shop', health: { ...health, ...settings } }],
    applications: [
      {
        name: 'shop',
        async probe(path) {
          asked.push(path)
          return now.answer
        },
      },
    ],
    onChange: (problem) => told.push(problem),
    figures: () => ({ loop: () => now, heapBytes: () => now.heap, rssBytes: () => now.rss }),
  })
  return { told, now, asked, stop, look: (times = 1) => vi.advanceTimersByTimeAsync(times * 1000) }
}

test('a probe that fails as often in a row as allowed is told once, and its recovery as well', async () => {
  const { told, now, asked, look, stop } = check({ path: '/alive' })
  now.answer = 'GET /alive was answered 500'
  await look(1)
  expect(told).toEqual([])
  await look(3)
  now.answer = undefined
  await look(2)
  expect(told).toEqual(['application shop: GET /alive was answered 500, 2 times in a row', undefined])
  expect(asked).toEqual(Array.from({ length: 6 }, () => '/alive'))
  stop()
  await look(5)
  expect(asked).toHaveLength(6)
})

test.for([
  ['maxEventLoopDelayMs', 200, { delayMs: 201 }, 'the event loop was 201 ms late (limit 200 ms)'],
  ['maxHeapUsedBytes', 64 * MIB, { heap: 65 * MIB }, '65 MiB of heap in use (limit 64 MiB)'],
  ['maxRssBytes', 64 * MIB, { rss: 65 * MIB }, '65 MiB of resident memory (limit 64 MiB)'],
] as const)('%s: beyond the limit is unhealthy, at the limit is not', async ([setting, limit, above, text]) => {
  const { told, now, look } = check({ [setting]: limit })
  Object.assign(now, Object.fromEntries(Object.keys(above).map((key) => [key, limit])))
  await look(5)
  expect(told).toEqual([])
  Object.assign(now, above)
  await look(2)
  expect(told).toEqual([`application shop: ${text}, 2 times in a row`])
})

test('while the process waits for a processor, times do not count, and memory does', async () => {
  const { told, now, look } = check({ path: '/alive', maxEventLoopDelayMs: 100, maxRssBytes: 64 * MIB })
  Object.assign(now, { answer: 'GET /alive was not answered within 100 ms', delayMs: 5000, starved: 0.3 })
  await look(5)
  expect(told).toEqual([])
  now.rss = 65 * MIB
  await look(2)
  expect(told).toEqual(['application shop: 65 MiB of resident memory (limit 64 MiB), 2 times in a row'])
})

test('without a setting that asks for it nothing is checked', () => {
  check({})
  expect(vi.getTimerCount()).toBe(0)
})
