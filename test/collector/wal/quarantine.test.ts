import { expect, test } from 'vitest'
import { type Finding, noteAnnounced, setAside, unannouncedDamage } from '../../../collector/src/wal/damage.ts'
import { WriteAheadLog } from '../../../collector/src/wal/index.ts'
import { Quarantine } from '../../../collector/src/wal/quarantine.ts'
import type { SealedSegment } from '../../../collector/src/wal/sealed-segments.ts'
import { MemoryFiles } from '../../support/memory-files.ts'
import { submission } from '../../soak/log-damage.ts'

const ROOT = '/wal'
const finding = (segment: string, bytes: number): Finding => ({
  segment,
  lost: { entries: 1, requests: 1 },
  isCounted: true,
  fragments: bytes > 0 ? [{ file: 'otel_logs.native', offset: 0, bytes: Buffer.alloc(bytes) }] : [],
})
/** The age of a file is in milliseconds. */
const later = async (): Promise<void> => {
  const now = Date.now()
  while (Date.now() === now) await Promise.resolve()
}

test('copies of damaged parts are bounded, the oldest go first, and reports stay until they were announced', async () => {
  const files = new MemoryFiles()
  const quarantine = new Quarantine(files, ROOT, 2500)
  for (const n of [1, 2, 3]) {
    await setAside(files, quarantine, finding(`s${n}`, 1000))
    await later()
  }
  expect(files.paths.filter((path) => path.endsWith('.native'))).toEqual(
    ['s2', 's3'].map((s) => `${ROOT}/quarantine/${s}.damaged/otel_logs.native`),
  )
  expect([quarantine.bytes, quarantine.discarded]).toEqual([2000, 1])
  const unheard = await unannouncedDamage(files, ROOT)
  expect(unheard.map(({ segment }) => segment)).toEqual(['s1', 's2', 's3'])
  for (const damage of unheard) await noteAnnounced(files, damage)
  await setAside(files, new Quarantine(files, ROOT, 0), finding('s4', 0))
  expect(files.paths).toEqual([`${ROOT}/quarantine/s4.damaged/report.json`])
})

test('segments that the store refuses count into the size of the log, and the oldest leave when it is a quarter of it', async () => {
  const files = new MemoryFiles()
  const options = {
    root: ROOT,
    identity: { id: '0123456789ab', boot: 1 },
    maxBytes: 400_000,
    sealMs: { traces: 1e8, others: 1e8 },
    files,
  }
  const log = await WriteAheadLog.open(options)
  const sealed: SealedSegment[] = []
  log.subscribe((segment) => sealed.push(segment))
  const names: string[] = []
  let bytes = 0
  for (let n = 0; log.quarantineDiscarded < 2 && n < 2000; n++) {
    await log.append(submission(`request ${n} ${'x'.repeat(5000)}`, 'others'))
    await log.seal()
    for (const segment of sealed.splice(0)) {
      bytes = segment.bytes
      names.push(segment.name)
      await log.quarantine(segment)
      await later()
    }
    expect(log.bytes).toBe(log.quarantineBytes)
    expect(log.quarantineBytes).toBeLessThanOrEqual(100_000)
  }
  expect(log.quarantineBytes).toBeGreaterThan(100_000 - 2 * bytes)
  const left = new Set(files.paths.flatMap((path) => (path.startsWith(`${ROOT}/quarantine/`) ? [path.split('/')[3]] : [])))
  expect([...left]).toEqual(names.slice(2))
  await log.stop()
  const reopened = await WriteAheadLog.open({ ...options, identity: { id: '0123456789ab', boot: 2 }, maxBytes: 200_000 })
  expect(reopened.quarantineBytes).toBeLessThanOrEqual(50_000)
  expect(reopened.quarantineDiscarded).toBeGreaterThan(0)
})

test('a segment that is bigger than the bound is let in alone', async () => {
  const files = new MemoryFiles()
  const quarantine = new Quarantine(files, ROOT, 100)
  for (const n of [1, 2]) {
    await setAside(files, quarantine, finding(`s${n}`, 1000))
    await later()
  }
  expect(files.paths.filter((path) => path.endsWith('.native'))).toEqual([`${ROOT}/quarantine/s2.damaged/otel_logs.native`])
})
