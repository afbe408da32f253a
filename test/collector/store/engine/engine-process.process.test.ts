import { readdirSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type EngineProcess, startEngineProcess } from '../../../../collector/src/store/engine/engine-process.ts'
import { openReplaceableEngine } from '../../../../collector/src/store/engine/replaceable-engine.ts'
import { newDataFolder, removeFolder, startStore } from '../../../support/store-process.ts'
import { until } from '../../../support/until.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

function optionsOf(threads = 12) {
  const folder = newDataFolder()
  cleanups.push(() => removeFolder(folder))
  return { path: join(folder, 'data'), workingFolder: join(folder, 'engine'), maxMemoryBytes: 500_000_000, threads }
}

async function started(options = optionsOf()): Promise<EngineProcess> {
  const engine = await startEngineProcess(options)
  cleanups.push(async () => {
    engine.kill()
    await engine.ended
  })
  return engine
}

test.runIf(process.platform === 'linux')('the engine has a thread for each statement that can run at once', async () => {
  const engine = await started(optionsOf(17))
  const session = await engine.open({})
  await session.query('SELECT 1', 'TSV')
  const folder = `/proc/${engine.pid}/task`
  const workers = readdirSync(folder).filter((task) => readFileSync(`${folder}/${task}/comm`, 'utf8').trim() === 'libuv-worker')
  expect(workers).toHaveLength(17)
})

test('an answer of many megabytes arrives byte for byte', async () => {
  const session = await (await started()).open({})
  const { bytes, rows } = await session.query("SELECT repeat('x', 999) FROM numbers(5000)", 'TSVRaw')
  expect([bytes.length, rows]).toEqual([5_000_000, 5000])
  expect(Buffer.from(bytes).equals(Buffer.from(`${'x'.repeat(999)}\n`.repeat(5000)))).toBe(true)
})

test('an error says what the engine says, and a session that is closed is none', async () => {
  const engine = await started()
  const session = await engine.open({})
  await expect(session.query('SELECT nosuch', 'TSV')).rejects.toThrow(/^Code: 47\. DB::Exception/)
  session.close()
  await expect(session.query('SELECT 1', 'TSV')).rejects.toThrow('There is no session')
})

test('calls to an engine that is killed end at once, with an error that asks to come again', async () => {
  const engine = await started()
  const session = await engine.open({})
  const running = session.query('SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1', 'TSV')
  engine.kill()
  await expect(running).rejects.toMatchObject({ number: 203, status: 503 })
  await expect(session.query('SELECT 1', 'TSV')).rejects.toMatchObject({ number: 203 })
  expect(await engine.ended).toBe('signal SIGKILL')
})

test('a killed engine is followed by another one on the same data', async () => {
  const options = optionsOf()
  const reasons: string[] = []
  const engine = await openReplaceableEngine({ start: () => startEngineProcess(options), onEnd: (reason) => reasons.push(reason) })
  cleanups.push(() => engine.close())
  const before = await engine.open({})
  for (const sql of [
    'SET ROLE spyglass_owner',
    'CREATE DATABASE spyglass ENGINE = Atomic',
    'CREATE TABLE spyglass.kept (a UInt8) ENGINE = MergeTree ORDER BY a',
    'INSERT INTO spyglass.kept SELECT 7',
  ])
    await before.query(sql, 'TSV')
  const first = engine.pid
  engine.replace()
  await until(() => engine.pid !== undefined && engine.pid !== first)
  await expect(before.query('SELECT 1', 'TSV')).rejects.toMatchObject({ number: 203 })
  const { bytes } = await (await engine.open({})).query('SELECT a FROM spyglass.kept', 'TSV')
  expect(Buffer.from(bytes).toString()).toBe('7\n')
  expect([engine.replacements, reasons]).toEqual([1, ['signal SIGKILL']])
})

test.runIf(process.platform === 'linux')('the engine ends with the store, even one that is killed', async () => {
  const store = await startStore()
  cleanups.push(() => removeFolder(store.data))
  const [child = ''] = readFileSync(`/proc/${store.child.pid}/task/${store.child.pid}/children`, 'utf8').trim().split(' ')
  expect(readFileSync(`/proc/${child}/cmdline`, 'utf8')).toContain('store-engine-main')
  store.child.kill('SIGKILL')
  await once(store.child, 'exit')
  await until(() => !isAlive(Number(child)))
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
