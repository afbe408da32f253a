import { expect, test, vi } from 'vitest'
import { type Claim, memoryStore, type RedisKeys, redisStore } from '../../../runtime/src/concurrency/idempotency-store.ts'
import { ManualClock } from '../datasource/fixture.ts'

const answer = { status: 201, headers: {}, body: '' }
const claimOf = (key: string, owner = 'me', print = 'print'): Claim => ({ key, owner, print })

test('a key is taken, answered, and forgotten after its time', async () => {
  const clock = new ManualClock()
  const store = memoryStore({ clock })
  const claim = claimOf('a')
  expect(await store.begin(claim, 100)).toBeUndefined()
  expect(await store.begin(claim, 100)).toMatchObject({ print: 'print' })
  await store.end(claim, answer, 1000)
  expect(await store.begin(claim, 100)).toMatchObject({ answer })
  clock.advance(1000)
  expect(await store.begin(claim, 100)).toBeUndefined()
  clock.advance(100)
  expect(await store.begin(claim, 100)).toBeUndefined() // nobody answered
  await store.drop(claim)
  expect(await store.begin(claim, 100)).toBeUndefined()
})

test('the oldest answers go first, requests under way never: where there are as many as may be, a further one is refused', async () => {
  const clock = new ManualClock()
  const store = memoryStore({ maxEntries: 2, clock })
  for (const key of ['busy', 'a']) await store.begin(claimOf(key), 1000)
  await store.end(claimOf('a'), answer, 1000)
  expect(await store.begin(claimOf('b'), 1000)).toBeUndefined()
  await expect(store.begin(claimOf('c'), 1000)).rejects.toMatchObject({ code: 'SPY_IDEMPOTENCY_FULL', statusCode: 503 })
  expect(await store.begin(claimOf('busy'), 1000)).toMatchObject({ print: 'print' })
  clock.advance(1000)
  expect(await store.begin(claimOf('c'), 1000)).toBeUndefined() // the others did not answer in time
})

test('of answers beyond the bytes only is known that they were given', async () => {
  const store = memoryStore({ maxBytes: 25 })
  const large = { ...answer, body: 'x'.repeat(10) }
  for (const key of ['a', 'b', 'c']) {
    await store.begin(claimOf(key), 1000)
    await store.end(claimOf(key), large, 1000)
  }
  const known = await Promise.all(['a', 'b', 'c'].map((key) => store.begin(claimOf(key), 1000)))
  expect(known.map((kept) => kept?.answer)).toEqual(['not kept', large, large])
})

test('who comes too late changes nothing of who took the key since', async () => {
  const clock = new ManualClock()
  const store = memoryStore({ clock })
  await store.begin(claimOf('a', 'first'), 100)
  clock.advance(100)
  expect(await store.begin(claimOf('a', 'second'), 100)).toBeUndefined()
  await store.drop(claimOf('a', 'first'))
  await store.end(claimOf('a', 'first'), answer, 100)
  expect(await store.begin(claimOf('a', 'third'), 100)).not.toHaveProperty('answer')
  clock.advance(100)
  await store.end(claimOf('a', 'second'), answer, 100) // nobody took it since
  expect(await store.begin(claimOf('a', 'third'), 100)).toMatchObject({ answer })
})

test('a Redis that does not answer in time fails with a code, and a key that it takes afterwards is given back', async () => {
  const clock = new ManualClock()
  const taken = Promise.withResolvers<unknown>()
  const redis = { set: () => taken.promise, eval: vi.fn<() => Promise<unknown>>(() => Promise.resolve(1)) }
  const store = redisStore(redis as unknown as RedisKeys, { timeoutMs: 500, clock })
  const begun = store.begin(claimOf('a'), 1000)
  clock.advance(500)
  await expect(begun).rejects.toMatchObject({ code: 'SPY_IDEMPOTENCY_STORE', statusCode: 503 })
  taken.resolve('OK')
  await expect.poll(() => redis.eval.mock.calls.length).toBe(1)
  redis.eval.mockRejectedValueOnce(new TypeError('gone'))
  await expect(store.drop(claimOf('a'))).rejects.toMatchObject({ code: 'SPY_IDEMPOTENCY_STORE', statusCode: 503 })
})
