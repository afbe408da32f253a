import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineProcess, startEngineProcess } from '../../../../collector/src/store/engine/engine-process.ts'
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

test('sessions of one thread and of several read the same data', async () => {
  const sessions = await Promise.all([0, 0, 1, 1, 2].map((thread) => engine.open({ readonly: 1 }, thread)))
  for (const session of sessions) {
    const { bytes } = await session.query('SELECT count() FROM system.one', 'TSV')
    expect(Buffer.from(bytes).toString()).toBe('1\n')
    session.close()
  }
})

test('a statement of one thread keeps no other thread waiting, even where the engine takes its time before the first row', async () => {
  const slow = await engine.open({ readonly: 1 }, 1)
  const other = await engine.open({ readonly: 1 }, 2)
  let ended = false
  const text = "arrayStringConcat(arrayMap(i -> repeat('a', 1000000), range(20)))"
  const stream = slow.stream(`SELECT length(replaceRegexpAll(${text}, '(a|b|c|d|e|f|g|h)*?(a|b|c|d)', ''))`, 'TSV')
  const reading = (async () => {
    for await (const _ of stream) continue
  })()
  void reading.finally(() => (ended = true)).catch(() => {})
  const { bytes } = await other.query('SELECT 1', 'TSV')
  expect([Buffer.from(bytes).toString(), ended]).toEqual(['1\n', false])
  engine.kill()
  await expect(reading).rejects.toMatchObject({ number: 203 })
})
