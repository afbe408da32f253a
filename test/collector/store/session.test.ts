import { expect, test } from 'vitest'
import { refuse } from '../../../collector/src/store/clickhouse-error.ts'
import type { RawSession } from '../../../collector/src/store/engine/engine.ts'
import { openStoreSession } from '../../../collector/src/store/session.ts'

const empty = { bytes: new Uint8Array(), rows: 0 }
const nothing = { settings: {}, parameters: new Map<string, string>() }

/** Replaces the engine where a test chooses its failures; the process tests use the real one. */
function scripted(answers: Readonly<Record<string, Error>>, refuseSettings = false) {
  const log: string[] = []
  const engine = { isGone: false }
  const open = async (settings: object): Promise<RawSession> => {
    if (refuseSettings && Object.keys(settings).length > 0) throw new Error('Failed to create connection')
    log.push(`open ${JSON.stringify(settings)}`)
    const run = (sql: string): void => {
      log.push(sql)
      const error = answers[sql]
      if (error) throw error
    }
    return {
      get isOpen() {
        return !engine.isGone
      },
      query: async (sql) => {
        run(sql)
        return empty
      },
      stream: (sql) => ({
        async *[Symbol.asyncIterator]() {
          yield { bytes: Buffer.from('first'), rows: 1 }
          run(sql)
        },
        cancel: () => log.push('cancelled'),
      }),
      classify: async () => ({ statementCount: 1, queryClass: 0, hasSecrets: false }),
      close: () => log.push('closed'),
    }
  }
  return { open, log, engine }
}

const failure = new Error('Code: 395. DB::Exception: midway. (X)')

test('a session is prepared before its first statement', async () => {
  const { open, log } = scripted({})
  const session = await openStoreSession({ open, prepare: ['SET ROLE NONE', 'USE x'], database: 'x' })
  await session.query('a', 'TSV')
  await session.enter(nothing)
  await session.query('b', 'TSV')
  expect(log).toEqual(['open {}', 'SET ROLE NONE', 'USE x', 'a', 'b'])
})

test('after an error, and after a stream that was not read to its end, the next statement has a session of its own', async () => {
  const { open, log } = scripted({ bad: failure })
  const session = await openStoreSession({ open, prepare: ['p'], database: 'x' })
  await expect(session.query('bad', 'TSV')).rejects.toMatchObject({ number: 395 })
  await session.query('a', 'TSV')
  expect(log.splice(0)).toEqual(['open {}', 'p', 'bad', 'closed', 'open {}', 'p', 'a'])
  await expect(drain(session.stream('bad', 'TSV'))).rejects.toMatchObject({ number: 395 })
  await session.query('a', 'TSV')
  expect(log.splice(0)).toEqual(['bad', 'cancelled', 'closed', 'open {}', 'p', 'a'])
  for await (const _ of session.stream('a', 'TSV')) break
  await session.query('a', 'TSV')
  expect(log.splice(0)).toEqual(['cancelled', 'closed', 'open {}', 'p', 'a'])
  await drain(session.stream('a', 'TSV'))
  await session.query('a', 'TSV')
  expect(log).toEqual(['a', 'cancelled', 'a'])
})

test('what a statement finds set is gone before the next one, also when that sets the same', async () => {
  const { open, log } = scripted({})
  const session = await openStoreSession({ open, prepare: ['p'], database: 'x' })
  const given = { settings: { limit: 1 }, parameters: new Map([['a', "x', param_b = '\\"]]) }
  await session.enter(given)
  expect(log.splice(0)).toEqual(['open {}', 'p', 'closed', 'open {"limit":1}', 'p', "SET param_a = 'x\\', param_b = \\'\\\\'"])
  await session.enter({ settings: {}, parameters: new Map([['a', '2']]) })
  expect(log.splice(0)).toEqual(['closed', 'open {}', 'p', "SET param_a = '2'"])
  await session.enter(nothing)
  expect(log).toEqual(['closed', 'open {}', 'p'])
})

test('settings that the engine does not accept are reported', async () => {
  const { open } = scripted({}, true)
  const session = await openStoreSession({ open, prepare: [], database: 'x' })
  await expect(session.enter({ ...nothing, settings: { limit: 'x' } })).rejects.toMatchObject({ number: 36 })
  await session.enter(nothing)
  await session.query('a', 'TSV')
})

test('a session outlives its engine, noticed or not', async () => {
  const { open, log, engine } = scripted({ gone: refuse('NO_FREE_CONNECTION', 'gone') })
  const session = await openStoreSession({ open, prepare: [], database: 'x' })
  await expect(session.query('gone', 'TSV')).rejects.toMatchObject({ number: 203 })
  await session.query('a', 'TSV')
  expect(log.splice(0)).toEqual(['open {}', 'gone', 'closed', 'open {}', 'a'])
  engine.isGone = true
  await session.query('b', 'TSV')
  expect(log).toEqual(['open {}', 'b'])
})

async function drain(chunks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of chunks) continue
}
