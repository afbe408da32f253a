import { expect, test } from 'vitest'
import type { RawSession } from '../../../collector/src/store/engine.ts'
import { openStoreSession } from '../../../collector/src/store/session.ts'

const empty = { bytes: new Uint8Array(), rows: 0 }

/** Stands in the place of chDB where its failures are to be chosen; the real engine's are in the process tests. */
function scripted(answers: Readonly<Record<string, Error>>) {
  const log: string[] = []
  let opened = 0
  const open = (): RawSession => {
    opened++
    const run = (sql: string): void => {
      log.push(sql)
      const error = answers[sql]
      if (error) throw error
    }
    return {
      query: async (sql) => {
        run(sql)
        return empty
      },
      stream: (sql) => ({
        async *[Symbol.asyncIterator]() {
          yield Buffer.from('first')
          run(sql)
        },
        cancel: () => log.push('cancelled'),
      }),
      classify: async () => ({ statementCount: 1, queryClass: 0, hasSecrets: false }),
      close: () => log.push('closed'),
    }
  }
  return { open, log, opened: () => opened }
}

const failure = new Error('Code: 395. DB::Exception: midway. (X)')

test('a session is prepared before its first statement', async () => {
  const { open, log } = scripted({})
  const session = await openStoreSession({ open, prepare: ['SET ROLE NONE', 'USE x'], database: 'x' })
  await session.query('a', 'TSV')
  expect(log).toEqual(['SET ROLE NONE', 'USE x', 'a'])
})

test('after an error a statement is run whose answer nobody sees', async () => {
  const { open, log } = scripted({ bad: failure })
  const session = await openStoreSession({ open, prepare: [], database: 'x' })
  await expect(session.query('bad', 'TSV')).rejects.toMatchObject({ number: 395 })
  await expect(drain(session.stream('bad', 'TSV'))).rejects.toMatchObject({ number: 395 })
  expect(log).toEqual(['bad', 'SELECT 1 FORMAT Null', 'bad', 'SELECT 1 FORMAT Null', 'cancelled'])
})

test('when even that fails the session is opened anew, prepared, and told of', async () => {
  const lost: Error[] = []
  const { open, log, opened } = scripted({ bad: failure, 'SELECT 1 FORMAT Null': failure })
  const session = await openStoreSession({ open, prepare: ['p'], database: 'x', onLost: (error) => lost.push(error) })
  await expect(session.query('bad', 'TSV')).rejects.toMatchObject({ number: 395 })
  expect([opened(), log]).toEqual([2, ['p', 'bad', 'SELECT 1 FORMAT Null', 'closed', 'p']])
  expect(lost).toEqual([expect.objectContaining({ code: 'SPY_STORE_SESSION_LOST' })])
})

test('a stream that is broken off is cancelled', async () => {
  const { open, log } = scripted({})
  const session = await openStoreSession({ open, prepare: [], database: 'x' })
  for await (const _ of session.stream('a', 'TSV')) break
  expect(log).toEqual(['cancelled'])
})

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks) continue
}
