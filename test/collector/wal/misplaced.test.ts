import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { nodeFileLayer } from '../../../collector/src/wal/file-layer.ts'
import { type Damage, WriteAheadLog } from '../../../collector/src/wal/index.ts'
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
