import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { AppendFile } from '../../../runtime/src/log-file/append-file.ts'
import { LogRotator } from '../../../runtime/src/log-rotation/log-rotator.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const settings = { maxBytes: 100, daily: false, compress: true, keepFiles: 10, keepDays: 10 }

const contentOf = (folder: string): string =>
  readdirSync(folder)
    .toSorted((a, b) => (a === 'a.log' ? 1 : b === 'a.log' ? -1 : a < b ? -1 : 1))
    .map((name) =>
      name.endsWith('.gz') ? gunzipSync(readFileSync(join(folder, name))).toString() : readFileSync(join(folder, name), 'utf8'),
    )
    .join('')

test('no line is lost or doubled while a log is rotated under its writers', async () => {
  const folder = tempFolder()
  let now = new Date(2026, 10, 26, 12).getTime()
  const rotator = new LogRotator({ folders: [folder], settings: { ...settings, compress: false, keepFiles: 0 }, now: () => now })
  const writers = [1, 2].map(() => new AppendFile({ path: join(folder, 'a.log'), flushMs: 1 }))
  const written: string[] = []
  for (let n = 0; n < 400; n++) {
    written.push(`line ${n}\n`)
    writers[n % 2]?.write(`line ${n}\n`)
    if (n % 7 === 0) await writers[n % 2]?.flush()
    if (n % 20 === 0) await rotator.look()
    now += 1000
  }
  for (const writer of writers) await writer.stop()
  const names = readdirSync(folder)
  expect(names.length).toBeGreaterThan(5)
  expect(contentOf(folder).split('\n').toSorted()).toEqual(
    written
      .map((line) => line.trimEnd())
      .concat('')
      .toSorted(),
  )
})

test('a rotated file is compressed when it is quiet, keeps its date, and a part left by a crash is no file of its own', async () => {
  const folder = tempFolder()
  const [quiet, fresh] = ['a.log-20261126T110000', 'a.log-20261126T115959']
  for (const name of [quiet, fresh]) writeFileSync(join(folder, name), `${name}\n`)
  const now = Date.now()
  utimesSync(join(folder, quiet), new Date(now - 60_000), new Date(now - 60_000))
  writeFileSync(join(folder, `${quiet}.gz.part`), 'half')
  await new LogRotator({ folders: [folder], settings, quietMs: 10_000 }).look()
  expect(readdirSync(folder).toSorted()).toEqual([`${quiet}.gz`, fresh])
  expect(gunzipSync(readFileSync(join(folder, `${quiet}.gz`))).toString()).toBe(`${quiet}\n`)
})

test('what a folder holds beside logs is left alone, and a missing folder is none', async () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'x.log'))
  for (const name of ['notes.txt', 'a.log-old', 'a.log.1']) writeFileSync(join(folder, name), 'x'.repeat(1000))
  appendFileSync(join(folder, 'b.log'), 'x'.repeat(1000))
  const failures: unknown[] = []
  await new LogRotator({ folders: [folder, join(folder, 'none')], settings, onFailure: (error) => failures.push(error) }).look()
  expect(existsSync(join(folder, 'b.log'))).toBe(false)
  expect(
    readdirSync(folder)
      .filter((name) => !name.startsWith('b.log-'))
      .toSorted(),
  ).toEqual(['a.log-old', 'a.log.1', 'notes.txt', 'x.log'])
  expect(failures).toEqual([])
})

test.runIf(process.getuid?.() === 0)(
  'the next file of a log that a group appends to is there at once, with its owner, group and mode',
  async () => {
    const folder = tempFolder()
    const path = join(folder, 'a.log')
    writeFileSync(path, 'x'.repeat(200))
    chownSync(path, 0, 1_900_000_001)
    chmodSync(path, 0o660)
    await new LogRotator({ folders: [folder], settings: { ...settings, compress: false } }).look()
    expect(readdirSync(folder)).toHaveLength(2)
    expect(statSync(path)).toMatchObject({ size: 0, uid: 0, gid: 1_900_000_001 })
    expect(statSync(path).mode & 0o7777).toBe(0o660)
  },
)

test('a log elsewhere is rotated and tidied, and nothing else in its folder is touched', async () => {
  const [folder, elsewhere] = [tempFolder(), tempFolder()]
  for (const name of ['shop.log', 'foreign.log', 'foreign.log-20200101T000000']) writeFileSync(join(elsewhere, name), 'x'.repeat(200))
  utimesSync(join(elsewhere, 'foreign.log-20200101T000000'), 1, 1)
  let files: readonly string[] = []
  const rotator = new LogRotator({ folders: [folder], files: () => files, settings: { ...settings, compress: false } })
  await rotator.look()
  expect(readdirSync(elsewhere)).toHaveLength(3)
  files = [join(elsewhere, 'shop.log'), join(folder, 'none.log')]
  await rotator.look()
  expect(readdirSync(elsewhere).toSorted()).toEqual([
    'foreign.log',
    'foreign.log-20200101T000000',
    expect.stringMatching(/^shop\.log-\d{8}T\d{6}/),
  ])
})
