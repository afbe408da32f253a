import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startKept } from '../../../support/kept-process.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

const script = fileURLToPath(new URL('../../../fixtures/keeper/own-process.ts', import.meta.url))
const execArgv = ['--conditions=spyglass-source']

test('it has its configuration, data folder, secrets, and what Node reports of itself registered', () => {
  const data = join(tempFolder(), 'data')
  const { stdout } = spawnSync(process.execPath, [...execArgv, script, '--data', data, '--port-offset', '7'], { encoding: 'utf8' })
  const { port, data: folder, names } = JSON.parse(stdout) as { port: number; data: string; names: string[] }
  expect([port, folder]).toEqual([8130, data])
  for (const name of names) expect(name).toContain(',process=store')
  const types = new Set(names.map((name) => /type=(\w+)/.exec(name)?.[1]))
  expect(types).toEqual(new Set(['Heap', 'HeapSpace', 'GarbageCollector', 'Process', 'EventLoop']))
  expect(existsSync(join(data, 'secrets.yaml'))).toBe(true)
})

test('a process that cannot start says why in one line and ends with 1', () => {
  const { status, stderr } = spawnSync(process.execPath, [...execArgv, script, '--data', tempFolder()], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([1, 'SPY_TEST: port 8123 is taken\n'])
})

test('its keeper is sent the same', async () => {
  const { messages } = await startKept(script, { args: ['--data', tempFolder()] })
  expect(await until(() => messages[0])).toEqual({ type: 'failed', code: 'SPY_TEST', message: 'port 8123 is taken' })
})

test('its help lists its options, and nothing is started', () => {
  const data = join(tempFolder(), 'data')
  const { status, stdout } = spawnSync(process.execPath, [...execArgv, script, '--help', '--data', data], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^spyglass-test: fails\n\n {2}--config FILE/)])
  expect(existsSync(data)).toBe(false)
})
