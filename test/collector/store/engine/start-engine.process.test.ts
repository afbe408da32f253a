import { existsSync, globSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkedArguments, writeChecked } from '@spyglass/process/checked-config'
import { loadConfig } from '@spyglass/process/config'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../support/free-port.ts'
import { canMount, mountSmallDisk } from '../../../support/small-disk.ts'
import { removeFolder, startStore, type StoreProcess } from '../../../support/store-process.ts'
import { until } from '../../../support/until.ts'

const insert = (store: StoreProcess, batch: string) =>
  store.own('INSERT INTO events FORMAT JSONEachRow', {
    body: JSON.stringify({ Time: new Date().toISOString().slice(0, 19).replace('T', ' '), Name: 'x', Batch: batch }),
  })
const batches = async (store: StoreProcess): Promise<string> =>
  (await store.own("SELECT arrayStringConcat(arraySort(groupArray(Batch)), ' ') FROM spyglass.events FORMAT TSV")).text.trim()

/** As an insert leaves them that the disk refused. */
function leaveUnfinishedParts(store: string): void {
  const tables = globSync('*/*', { cwd: store }).filter((table) => existsSync(join(store, table, 'format_version.txt')))
  expect(tables.length).toBeGreaterThan(3)
  for (const table of tables) {
    mkdirSync(join(store, table, 'tmp_insert_20260101_1_1_0'))
    writeFileSync(join(store, table, 'tmp_insert_20260101_1_1_0/data.bin'), 'x')
  }
}

test.runIf(canMount)(
  'a store that starts while its disk is read-only answers what is stored, refuses what is new, and takes it once the disk can be written',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spyglass-disk-'))
    const disk = mountSmallDisk(folder, { sizeMiB: 256 })
    onTestFinished(() => {
      disk.unmount()
      removeFolder(folder)
    })
    const options = { data: join(folder, 'd'), port: await freePort() }
    const first = await startStore(options)
    expect((await insert(first, 'one')).status).toBe(200)
    expect(await batches(first)).toBe('one')
    await first.kill('SIGKILL')
    leaveUnfinishedParts(join(options.data, 'store/clickhouse/store'))
    const config = loadConfig({ file: join(options.data, 'spyglass.yaml') })
    writeChecked(join(options.data, 'run'), { config, secrets: first.secrets })
    await until(() => disk.setReadOnly(true) === undefined)
    const second = await startStore({ ...options, args: checkedArguments(join(folder, 'd/run')) }) // as the keeper starts it
    onTestFinished(() => second.kill('SIGKILL'))
    expect(await batches(second)).toBe('one')
    expect((await insert(second, 'two')).status).not.toBe(200)
    disk.setReadOnly(false)
    await until(async () => (await insert(second, 'three')).status === 200)
    await until(async () => (await batches(second)) === 'one three')
  },
)
