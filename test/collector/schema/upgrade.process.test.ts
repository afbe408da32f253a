import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { spawnCollector, startCollector } from '../../support/collector-process.ts'
import { freePort } from '../../support/free-port.ts'
import { newDataFolder, removeFolder, spawnStore, startStore } from '../../support/store-process.ts'
import { until } from '../../support/until.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/data-folder')
/** The rows of the fixtures are old when the test runs. */
const settings = { retention: { telemetryDays: 3650, rollupDays: 3650, pinnedDays: 3650 } }

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

function unpacked(archive: string): string {
  const folder = newDataFolder()
  cleanups.push(() => removeFolder(folder))
  execFileSync('tar', ['-xzf', join(FIXTURES, archive), '-C', folder])
  return join(folder, 'data')
}

const archives = readdirSync(FIXTURES).filter((name) => name.endsWith('.tar.gz'))

test.each(archives)('%s is opened with what it holds, each row once, and its log is stored', async (archive) => {
  const data = unpacked(archive)
  const store = await startStore({ data, settings })
  cleanups.push(async () => await store.kill('SIGKILL'))
  const ask = async (sql: string): Promise<string> => (await store.ask(`${sql} FORMAT TabSeparated`)).text.trim()
  expect(await ask('SELECT groupArray(SpanName) FROM spyglass.otel_traces')).toBe("['stored']")
  const collector = await startCollector({ data, storePort: store.port, settings })
  cleanups.push(async () => await collector.kill('SIGKILL'))
  await until(() => readdirSync(join(data, 'wal')).every((name) => !/^[0-9a-f]{12}-/.test(name)))
  expect(await ask('SELECT arraySort(groupArray(SpanName)) FROM spyglass.otel_traces')).toBe("['open','pending','stored']")
  expect(await ask("SELECT arraySort(groupArray(Body)) FROM spyglass.otel_logs WHERE ServiceName = 'fixture'")).toBe("['pending','stored']")
  expect(await ask('SELECT count() FROM spyglass.otel_metrics_gauge')).toBe('2')
  expect(await ask('SELECT sum(Requests) FROM spyglass.red_1m')).toBe('3')
  const keyOf = (table: string): Promise<string> =>
    ask(`SELECT sorting_key FROM system.tables WHERE name = '${table}' AND database = 'spyglass'`)
  expect(await keyOf('red_1m')).toMatch(/, Batch, Server, Application, Version$/)
  expect(await keyOf('sql_1m')).toMatch(/, Batch, Server, Application$/)
  expect(readdirSync(join(data, 'wal', 'quarantine'))).toEqual([])
})

test('while the log waits for the store, readiness says how far behind the data is', async () => {
  const data = unpacked('2026-11-26.tar.gz')
  const collector = await spawnCollector({ data, storePort: await freePort(), settings })
  cleanups.push(async () => await collector.kill('SIGKILL'))
  const reasons = await until(async () => {
    const answer = (await (await fetch(`${collector.url}/ready`)).json()) as { reasons: string[] }
    return answer.reasons.find((reason) => reason.startsWith('data is'))
  })
  expect(reasons).toMatch(/^data is \d+ s behind: 4 segments \(\d+ bytes\) are waiting for the store$/)
})

test('a dry run prints what a start would change in an older folder, and changes nothing', async () => {
  const data = unpacked('2026-11-26.tar.gz')
  const other = { retention: { telemetryDays: 3000, rollupDays: 3650, pinnedDays: 3650 } }
  const plan = async (): Promise<string> => {
    const { child } = await spawnStore({ data, settings: other, args: ['--dry-run'] })
    let output = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text))
    expect(await once(child, 'close')).toEqual([0, null])
    return output
  }
  const first = await plan()
  expect(first).toMatch(/^ALTER TABLE spyglass\.otel_traces MODIFY TTL .*toIntervalDay\(3000\)/m)
  expect(await plan()).toBe(first)
  const store = await startStore({ data, settings: other })
  await store.kill('SIGTERM')
  expect(await plan()).toBe('the tables are up to date\n')
})
