import { expect, test } from 'vitest'
import { memoryStore } from '../../../runtime/src/concurrency/idempotency-store.ts'
import { ManualClock } from '../datasource/fixture.ts'

const answer = { status: 201, headers: {}, body: '' }

test('a key is taken, answered, and forgotten after its time', async () => {
  const clock = new ManualClock()
  const store = memoryStore(10, clock)
  expect(await store.begin('a', 'print', 100)).toBeUndefined()
  expect(await store.begin('a', 'print', 100)).toMatchObject({ print: 'print' })
  await store.end('a', { print: 'print', answer }, 1000)
  expect(await store.begin('a', 'print', 100)).toMatchObject({ answer })
  clock.advance(1000)
  expect(await store.begin('a', 'other', 100)).toBeUndefined()
  clock.advance(100)
  expect(await store.begin('a', 'other', 100)).toBeUndefined() // nobody answered
  await store.drop('a')
  expect(await store.begin('a', 'other', 100)).toBeUndefined()
})

test('only so many are kept; the oldest go first', async () => {
  const store = memoryStore(2)
  for (const key of ['a', 'b', 'c']) await store.begin(key, key, 10_000)
  expect([await store.begin('b', 'b', 1), await store.begin('c', 'c', 1)]).toMatchObject([{ print: 'b' }, { print: 'c' }])
  expect(await store.begin('a', 'a', 1)).toBeUndefined()
})
