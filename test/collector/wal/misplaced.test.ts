import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { nodeFileLayer } from '../../../collector/src/wal/file-layer.ts'
import { type Damage, type SealedSegment, WriteAheadLog } from '../../../collector/src/wal/index.ts'
import { SegmentWriter } from '../../../collector/src/wal/segment.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const SEGMENT = '0123456789ab-000001-00000000'

const open = async (root: string): Promise<WriteAheadLog> =>
  await WriteAheadLog.open({
    root,
    identity: { id: '0123456789ab', boot: 2 },
    maxBytes: 1e9,
    sealMs: { traces: 1000, others: 1000 },
  })

/** A log with one acknowledged request in two tables. */
async function logFolder(): Promise<string> {
  const root = tempFolder()
  for (const folder of ['done', 'quarantine']) mkdirSync(join(root, folder))
  const writer = new SegmentWriter(nodeFileLayer, root, SEGMENT)
  const piece = { bytes: Buffer.from('rows'), rows: 1, weight: 1, oldest: 1, newest: 2 }
  await writer.commit([
    {
      sequence: 0,
      time: 1,
      hash: 'la',
      items: 1,
      tail: [],
      pieces: [
        { ...piece, table: 'otel_logs' },
        { ...piece, table: 'events' },
      ],
    },
  ])
  await writer.close()
  return root
}

async function damageIn(log: WriteAheadLog): Promise<Damage[]> {
  const found: Damage[] = []
  await log.announceDamage((damage) => found.push(damage))
  return found
}

const replacements: Readonly<Record<string, (path: string) => void>> = {
  'a folder': (path) => mkdirSync(join(path, 'within'), { recursive: true }),
  'a pipe': (path) => void execFileSync('mkfifo', [path]),
  'a dangling link': (path) => symlinkSync('/nonexistent/x', path),
}

for (const [what, put] of Object.entries(replacements)) {
  test(`${what} in place of the log's own files is set aside, and every request is still there`, async () => {
    const root = await logFolder()
    put(join(root, 'inserting'))
    put(join(root, 'done', '0123456789ab-000001-00000009'))
    const log = await open(root)
    expect(log.pending).toBe(1)
    expect((await damageIn(log)).map(({ segment, lost }) => [segment, lost.requests])).toEqual([
      ['0123456789ab-000001-00000009', 0],
      ['inserting', 0],
    ])
    await log.noteInserting({ table: 'otel_logs', segments: [SEGMENT] })
    expect(readdirSync(join(root, 'quarantine', 'inserting.damaged'))).toContain('inserting')
    await log.stop()
  })

  test(`${what} in place of a table costs the requests that it held, and they are announced`, async () => {
    const root = await logFolder()
    rmSync(join(root, SEGMENT, 'events.native'))
    put(join(root, SEGMENT, 'events.native'))
    const log = await open(root)
    expect(log.pending).toBe(0)
    expect(await damageIn(log)).toMatchObject([{ segment: SEGMENT, lost: { requests: 1 } }])
    await log.stop()
  })
}

test('a file in place of a segment, of done and of quarantine is set aside, not deleted', async () => {
  const root = await logFolder()
  renameSync(join(root, SEGMENT, 'journal'), join(root, 'journal'))
  for (const name of [SEGMENT, 'done', 'quarantine']) rmSync(join(root, name), { recursive: true })
  for (const name of [SEGMENT, 'done', 'quarantine']) writeFileSync(join(root, name), name)
  const log = await open(root)
  expect(await damageIn(log)).toMatchObject([
    { segment: SEGMENT, isCounted: false },
    { segment: 'done', isCounted: true },
  ])
  expect(readFileSync(join(root, 'quarantine', `${SEGMENT}.damaged`, SEGMENT), 'utf8')).toBe(SEGMENT)
  expect(readFileSync(join(root, 'quarantine.misplaced'), 'utf8')).toBe('quarantine')
  await log.stop()
})

test('a log that cannot be opened at all says which, and why', async () => {
  const root = join(tempFolder(), 'wal')
  writeFileSync(root, '')
  const error = await open(root).catch((reason: unknown) => reason)
  expect(codeOf(error)).toBe('SPY_WAL_UNREADABLE')
  expect(String(error)).toContain(root)
})

/** What a person, a restore or a failing disk may leave in the quarantine, by the name that is needed next. */
const inQuarantine: Readonly<Record<string, (path: string) => void>> = {
  ...replacements,
  'a file': (path) => writeFileSync(path, 'kept'),
  'a folder with a folder for a copy': (path) => mkdirSync(join(path, 'journal'), { recursive: true }),
  'a folder with a pipe for its report': (path) => {
    mkdirSync(path)
    execFileSync('mkfifo', [join(path, 'report.json')])
  },
}

for (const [what, put] of Object.entries(inQuarantine)) {
  test(`${what} where copies of damage belong hides neither the damage nor what is left of the log`, async () => {
    const root = await logFolder()
    const journal = join(root, SEGMENT, 'journal')
    writeFileSync(journal, readFileSync(journal).fill(0, 10, 20))
    const copies = join(root, 'quarantine', `${SEGMENT}.damaged`)
    put(copies)
    const log = await open(root)
    expect(await damageIn(log)).toMatchObject([{ segment: SEGMENT, folder: copies }])
    expect(readdirSync(join(root, 'quarantine')).toSorted()).toEqual([`${SEGMENT}.damaged`, `${SEGMENT}.damaged.misplaced`])
    expect(readdirSync(copies).toSorted()).toEqual(['announced.json', 'events.native', 'journal', 'otel_logs.native'])
    await log.stop()
  })

  test(`${what} with the name of a segment does not keep the segment from being set aside`, async () => {
    const root = await logFolder()
    put(join(root, 'quarantine', SEGMENT))
    const log = await open(root)
    const folder = await setAsideIn(log)
    expect([folder, readdirSync(folder)]).toEqual([join(root, 'quarantine', `${SEGMENT}.2`), expect.arrayContaining(['journal'])])
    await log.stop()
  })
}

test('a segment is set aside though the quarantine was removed while the log runs', async () => {
  const root = await logFolder()
  const log = await open(root)
  rmSync(join(root, 'quarantine'), { recursive: true })
  expect(readdirSync(await setAsideIn(log))).toContain('journal')
  await log.stop()
})

async function setAsideIn(log: WriteAheadLog): Promise<string> {
  const sealed: SealedSegment[] = []
  log.subscribe((segment) => sealed.push(segment))
  return await log.quarantine(sealed[0]!)
}

const whole = { segment: 'x', lost: { entries: 2, requests: 2 }, isCounted: true, bytes: 10 }

test.each([
  ['is not JSON', '{"segment"'],
  ['is no object', 'null'],
  ['has a text for a number', JSON.stringify({ ...whole, lost: { entries: 1, requests: 'many' } })],
  ['has no tally', JSON.stringify({ ...whole, lost: undefined })],
  ['counts down', JSON.stringify({ ...whole, lost: { entries: 1, requests: -5 } })],
  ['is nested deeply', '['.repeat(500_000)],
  ['is longer than any', `${JSON.stringify(whole)}${' '.repeat(2_000_000)}`],
])('a report that %s is announced as damage of unknown size, and once', async (_what, report) => {
  const root = await logFolder()
  const folder = join(root, 'quarantine', 'x.damaged')
  mkdirSync(folder)
  writeFileSync(join(folder, 'report.json'), report)
  const log = await open(root)
  expect(await damageIn(log)).toEqual([{ segment: '', lost: { entries: 0, requests: 0 }, isCounted: false, folder, bytes: 0 }])
  expect(await damageIn(log)).toEqual([])
  expect(log.requestsLost).toBe(0)
  await log.stop()
})

test('a report of a log that was copied is announced by each of both, and each leaves the other alone', async () => {
  const [root, copy] = [await logFolder(), join(tempFolder(), 'copy')]
  const folder = join(root, 'quarantine', 'x.damaged')
  mkdirSync(folder)
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ ...whole, folder }))
  cpSync(root, copy, { recursive: true })
  for (const place of [copy, root]) {
    const log = await open(place)
    expect(await damageIn(log)).toMatchObject([{ lost: { requests: 2 }, folder: join(place, 'quarantine', 'x.damaged') }])
    expect(await damageIn(log)).toEqual([])
    await log.stop()
  }
})
