import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type CollectorProcess, spawnCollector, startCollector } from '../support/collector-process.ts'
import { encodeOtlp } from '../support/otlp-proto.ts'
import { canMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'
import { newDataFolder, removeFolder, startStore, type StoreProcess } from '../support/store-process.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

interface Suite {
  readonly data: string
  readonly disk: SmallDisk
  readonly store: StoreProcess
  readonly collector: CollectorProcess
}

/** A collector and a store, of which one folder lies on a small disk. */
async function startSuite(part: 'wal' | 'store', options: { sizeMiB: number; inodes?: number }): Promise<Suite> {
  const data = newDataFolder()
  cleanups.push(() => removeFolder(data))
  const disk = mountSmallDisk(join(data, part), options)
  cleanups.push(() => disk.unmount())
  const store = await startStore({ data })
  cleanups.push(async () => await store.kill('SIGKILL'))
  const collector = await startCollector({ data, storePort: store.port, collector: { sealTracesMs: 200, sealOthersMs: 200 } })
  cleanups.push(async () => await collector.kill('SIGKILL'))
  return { data, disk, store, collector }
}

async function send({ url }: CollectorProcess, name: string): Promise<Response> {
  const now = String(BigInt(Date.now()) * 1_000_000n)
  // larger than the page in which a file may still have room
  const attributes = [{ key: 'filler', value: { stringValue: name.padEnd(6000, 'x') } }]
  const spans = [
    { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1), name, startTimeUnixNano: now, endTimeUnixNano: now, attributes },
  ]
  const body = encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
  return await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(body),
  })
}

async function readiness({ url }: CollectorProcess): Promise<{ status: number; reasons: string }> {
  const response = await fetch(`${url}/ready`)
  return { status: response.status, reasons: ((await response.json()) as { reasons: string[] }).reasons.join('\n') }
}

const names = async ({ store }: Suite): Promise<string> =>
  (await store.ask('SELECT arraySort(groupArray(SpanName)) FROM spyglass.otel_traces FORMAT TabSeparated')).text.trim()
const waiting = ({ data }: Suite): string[] => readdirSync(join(data, 'wal')).filter((name) => /^[0-9a-f]{12}-/.test(name))

/** Everything that was acknowledged arrives, once; what was refused does not. */
async function expectRecovery(suite: Suite): Promise<void> {
  await until(async () => (await readiness(suite.collector)).status === 200)
  expect((await send(suite.collector, 'after')).status).toBe(200)
  await until(async () => (await names(suite)) === "['after','before']")
  expect(readdirSync(join(suite.data, 'wal', 'quarantine'))).toEqual([])
}

describe.skipIf(!canMount)('on a small disk of its own (needs root)', () => {
  test.each([
    ['full', /is full \(ENOSPC\)/, (disk: SmallDisk) => disk.fill()],
    ['out of inodes', /has no free inodes \(ENOSPC\)/, (disk: SmallDisk) => disk.fillInodes()],
    ['read-only', /is on a read-only file system \(EROFS\)/, (disk: SmallDisk) => disk.setReadOnly(true)],
  ])('a log whose disk is %s refuses with the reason, reads go on, and it resumes by itself', async (_name, reason, spoil) => {
    const suite = await startSuite('wal', { sizeMiB: 4, inodes: 400 })
    expect((await send(suite.collector, 'before')).status).toBe(200)
    await until(async () => (await names(suite)) === "['before']" && waiting(suite).length === 0)
    spoil(suite.disk)
    const refused = await send(suite.collector, 'refused')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await refused.text()).toMatch(reason)
    expect(await readiness(suite.collector)).toEqual({ status: 503, reasons: expect.stringMatching(reason) as string })
    expect(await names(suite)).toBe("['before']")
    suite.disk.free()
    suite.disk.setReadOnly(false)
    await expectRecovery(suite)
  })

  test('a collector that starts on a full disk answers readers and refuses senders, and opens its log when there is space', async () => {
    const data = newDataFolder()
    cleanups.push(() => removeFolder(data))
    const disk = mountSmallDisk(join(data, 'state'), { sizeMiB: 1 })
    cleanups.push(() => disk.unmount())
    const store = await startStore({ data })
    cleanups.push(async () => await store.kill('SIGKILL'))
    disk.fill()
    const collector = await spawnCollector({ data, storePort: store.port, collector: { sealTracesMs: 200, sealOthersMs: 200 } })
    cleanups.push(async () => await collector.kill('SIGKILL'))
    await until(
      async () => /cannot open the write-ahead log: the disk of .* is full \(ENOSPC\)/.test((await readiness(collector)).reasons),
      30_000,
    )
    const refused = await send(collector, 'refused')
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringMatching(/is full \(ENOSPC\)/) as string])
    expect((await fetch(`http://127.0.0.1:${collector.consolePort}/ready`)).status).toBe(200)
    disk.free()
    await until(async () => (await readiness(collector)).status === 200)
    expect((await send(collector, 'before')).status).toBe(200)
    const suite = { data, disk, store, collector }
    await until(async () => (await names(suite)) === "['before']")
  })

  test('a store whose disk is full keeps segments waiting, sets none aside, and takes them when there is space', async () => {
    const suite = await startSuite('store', { sizeMiB: 24 })
    suite.disk.fill()
    expect((await send(suite.collector, 'before')).status).toBe(200)
    await until(() => /could not store segments yet/.test(suite.collector.output()))
    await until(() => suite.collector.output().split('could not store segments yet').length > 1 && waiting(suite).length > 0)
    expect((await suite.store.ask('SELECT 1 FORMAT TabSeparated')).text).toBe('1\n')
    suite.disk.free()
    await expectRecovery(suite)
  })
})
