import { expect, test } from 'vitest'
import { createCanceller } from '../../../collector/src/store/cancel.ts'
import type { StoreSession } from '../../../collector/src/store/session.ts'
import { createSessionPool } from '../../../collector/src/store/session-pool.ts'

function admin(onQuery: (sql: string) => void) {
  const session = {
    query: async (sql: string) => onQuery(sql),
  } as unknown as StoreSession
  return createSessionPool([session], 10)
}

test('the statement with the tag is killed when the signal aborts, again until it ends', async () => {
  const killed: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const canceller = createCanceller(
    admin((sql) => {
      killed.push(sql)
      if (killed.length === 3) resolve()
    }),
  )
  const abort = new AbortController()
  let tag = ''
  const guarded = canceller.guard(abort.signal, (given) => {
    tag = given
    return promise
  })
  abort.abort()
  await guarded
  expect(tag).toMatch(/^\/\*spyglass:\d+\*\/ $/)
  expect(killed).toEqual(Array(3).fill(`KILL QUERY WHERE startsWith(query, '${tag}') ASYNC`))
})

test('nothing is killed after the statement has ended, and each has a tag of its own', async () => {
  const killed: string[] = []
  const canceller = createCanceller(admin((sql) => killed.push(sql)))
  const abort = new AbortController()
  const tags = [await canceller.guard(abort.signal, async (tag) => tag), await canceller.guard(abort.signal, async (tag) => tag)]
  abort.abort()
  expect(new Set(tags).size).toBe(2)
  expect(killed).toEqual([])
})
