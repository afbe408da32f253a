import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EngineProcess, startEngineProcess } from '../../../../collector/src/store/engine/engine-process.ts'
import { openStoreSession } from '../../../../collector/src/store/session.ts'
import { newDataFolder, removeFolder } from '../../../support/store-process.ts'

const folder = newDataFolder()
let engine: EngineProcess
beforeAll(async () => {
  engine = await startEngineProcess({
    path: join(folder, 'data'),
    workingFolder: join(folder, 'engine'),
    maxMemoryBytes: 500_000_000,
    threads: 8,
  })
})
afterAll(async () => {
  engine.kill()
  await engine.ended
  removeFolder(folder)
})

describe('the engine', () => {
  test('says how many statements a text has and of which class', async () => {
    const session = await engine.open({})
    expect(await session.classify('SELECT 1;', 'spyglass')).toMatchObject({ statementCount: 1, queryClass: 0 })
    expect(await session.classify('SELECT 1; SELECT 2', 'spyglass')).toMatchObject({ statementCount: 2 })
    expect((await session.classify('INSERT INTO x VALUES (1)', 'spyglass')).queryClass).not.toBe(0)
    expect((await session.classify("SELECT 1 INTO OUTFILE 'x'", 'spyglass')).queryClass).not.toBe(0)
    expect(await session.classify('SELECT (', 'spyglass')).toMatchObject({ statementCount: 0 })
    session.close()
  })

  test('shows nothing of where its folder lies', async () => {
    const session = await engine.open({})
    const { bytes } = await session.query('SELECT * FROM system.databases FORMAT Vertical', 'TSV')
    expect(Buffer.from(bytes).toString()).not.toContain(folder)
  })

  test('refuses files to a session that gave up the role, also when it takes the role again', async () => {
    const options = { prepare: ['SET ROLE NONE'], database: 'default' }
    const reader = await openStoreSession({ ...options, open: () => engine.open({ readonly: 1 }) })
    const sql = "SELECT * FROM file('/etc/hostname', LineAsString)"
    await expect(reader.query(sql, 'TSV')).rejects.toMatchObject({ number: 497 })
    await reader.query('SET ROLE spyglass_owner', 'TSV')
    await expect(reader.query(sql, 'TSV')).rejects.toMatchObject({ number: 164 })
    await expect(reader.query('SET readonly = 0', 'TSV')).rejects.toMatchObject({ number: 164 })
    reader.close()
  })

  test('takes our settings: memory, synchronous inserts, durable parts', async () => {
    const session = await openStoreSession({ open: () => engine.open({ max_threads: 1 }), prepare: [], database: 'default' })
    const value = async (sql: string): Promise<string> =>
      Buffer.from((await session.query(sql, 'TSV')).bytes)
        .toString('utf8')
        .trim()
    expect(await value("SELECT getSetting('async_insert'), getSetting('max_threads')")).toBe('false\t1')
    expect(await value("SELECT getMergeTreeSetting('fsync_after_insert'), getMergeTreeSetting('fsync_part_directory')")).toBe('true\ttrue')
    expect(await value("SELECT getServerSetting('max_server_memory_usage'), getServerSetting('mark_cache_size')")).toBe(
      '500000000\t67108864',
    )
    session.close()
  })
})

test('of a statement that fails midway nothing comes with the next, in 1,000 pairs', async () => {
  const session = await openStoreSession({ open: () => engine.open({ max_threads: 1 }), prepare: [], database: 'default' })
  let wrong = 0
  for (let i = 0; i < 1000; i++) {
    await expect(
      session.query('SELECT throwIf(number = 3000) FROM numbers(4000) SETTINGS max_block_size = 1000', 'TSV'),
    ).rejects.toMatchObject({ number: 395 })
    const { bytes } = await session.query(`SELECT ${i}`, 'TSV')
    if (Buffer.from(bytes).toString('utf8') !== `${i}\n`) wrong++
  }
  expect(wrong).toBe(0)
  session.close()
})
