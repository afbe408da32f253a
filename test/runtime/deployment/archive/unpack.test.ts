import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { packTar, type TarEntry } from 'modern-tar'
import { expect, test } from 'vitest'
import type { ArchiveLimits } from '../../../../runtime/src/deployment/archive/entry.ts'
import { type UnpackOptions, unpackArchive } from '../../../../runtime/src/deployment/archive/unpack.ts'
import { descriptorsOn } from '../../../support/descriptors.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'
import { type ZipMember, zipOf } from './zip-writer.ts'

const root = (): string => tempFolder('spyglass-archive-')

async function unpackTar(entries: TarEntry[], limits?: ArchiveLimits) {
  const folder = root()
  const file = join(folder, 'app.tgz')
  writeFileSync(file, gzipSync(await packTar(entries)))
  const to = join(folder, 'app')
  await unpackArchive(file, to, limits && { limits })
  return to
}

async function messageFor(name: string, bytes: Uint8Array, options?: UnpackOptions): Promise<string> {
  const folder = root()
  writeFileSync(join(folder, name), bytes)
  return unpackArchive(join(folder, name), join(folder, 'app'), options).then(
    () => 'fine',
    (error: unknown) => messageOf(error),
  )
}

async function unpackZip(members: readonly ZipMember[]) {
  const folder = root()
  const file = join(folder, 'app.zip')
  writeFileSync(file, zipOf(members))
  const to = join(folder, 'app')
  await unpackArchive(file, to)
  return to
}

const file = (name: string, body = 'x'): TarEntry => ({ header: { name, size: body.length, type: 'file' }, body })
const link = (name: string, linkname: string): TarEntry => ({ header: { name, size: 0, type: 'symlink', linkname } })
const hard = (name: string, linkname: string): TarEntry => ({ header: { name, size: 0, type: 'link', linkname } })

test('what GNU tar packs comes back: contents, links, executables, long names; the single folder is left out', async () => {
  const folder = root()
  const app = join(folder, 'my-app')
  const deep = join(app, 'node_modules', 'x'.repeat(120), 'y'.repeat(120))
  mkdirSync(deep, { recursive: true })
  mkdirSync(join(app, 'node_modules/.bin'))
  writeFileSync(join(app, 'index.js'), 'export {}')
  writeFileSync(join(deep, 'größe.js'), 'long')
  writeFileSync(join(app, 'run.sh'), '#!/bin/sh')
  chmodSync(join(app, 'run.sh'), 0o4755)
  symlinkSync('../../run.sh', join(app, 'node_modules/.bin/run'))
  for (const name of ['app.tar.gz', 'app.tgz', 'app.tar']) {
    execFileSync('tar', [name === 'app.tar' ? '-cf' : '-czf', join(folder, name), '-C', folder, 'my-app'])
    const to = join(folder, `from-${name}`)
    await unpackArchive(join(folder, name), to)
    expect(readdirSync(to).sort()).toEqual(['index.js', 'node_modules', 'run.sh'])
    expect(readFileSync(join(to, 'node_modules', 'x'.repeat(120), 'y'.repeat(120), 'größe.js'), 'utf8')).toBe('long')
    expect(readlinkSync(join(to, 'node_modules/.bin/run'))).toBe('../../run.sh')
    expect([statSync(join(to, 'run.sh')).mode & 0o7777, statSync(join(to, 'index.js')).mode & 0o7777]).toEqual([0o755, 0o644])
  }
})

test('a zip comes back, too, and is not stripped when it has more than one folder', async () => {
  const to = await unpackZip([
    { name: 'a/index.js', content: 'a' },
    { name: 'b/run', content: 'b', mode: 0o100755 },
    { name: 'b/link', content: '../a/index.js', mode: 0o120777 },
  ])
  expect(readFileSync(join(to, 'b/link'), 'utf8')).toBe('a')
  expect(statSync(join(to, 'b/run')).mode & 0o777).toBe(0o755)
})

test('a hard link is a file of its own', async () => {
  const to = await unpackTar([file('a/x', 'text'), hard('a/y', 'a/x')])
  expect(readFileSync(join(to, 'y'), 'utf8')).toBe('text')
  expect(statSync(join(to, 'y')).nlink).toBe(1)
})

const hostile: readonly (readonly [string, TarEntry[]])[] = [
  ['a path that leads out', [file('../evil')]],
  ['a path that leads out further down', [file('a/../../evil')]],
  ['an absolute path', [file('/tmp/evil')]],
  ['a link that leads out', [link('a', '../../etc')]],
  ['an absolute link', [link('a', '/etc')]],
  ['a file through a link', [link('a', '.'), file('a/b')]],
  ['a file through a link that comes later', [file('a/b'), link('a', '.')]],
  ['a file in a file', [file('a'), file('a/b')]],
  ['a link that leads out by way of another', [file('d/f'), link('d/x', '..'), link('y', 'd/x/..')]],
  ['a link out of the folder that is left out', [file('app/f'), link('app/x', '../../app/..')]],
  ['a link to nothing', [file('f'), link('a', 'nothing')]],
  ['links in a circle', [file('f'), link('a', 'b'), link('b', 'a')]],
  ['a hard link to a file outside', [hard('a', '/etc/passwd')]],
  ['a hard link to a link', [file('f'), link('l', 'f'), hard('a', 'l')]],
  ['the same file twice', [file('a'), file('a')]],
  ['a device', [{ header: { name: 'dev', size: 0, type: 'character-device' } }]],
  ['a pipe', [{ header: { name: 'pipe', size: 0, type: 'fifo' } }]],
]

test.for(hostile)('%s is refused, and nothing is left', async ([, entries]) => {
  const folder = root()
  const archive = join(folder, 'app.tgz')
  writeFileSync(archive, gzipSync(await packTar(entries)))
  mkdirSync(join(folder, 'in'))
  await expect(unpackArchive(archive, join(folder, 'in', 'app'))).rejects.toMatchObject({ code: 'SPY_ARCHIVE_ENTRY' })
  expect(readdirSync(join(folder, 'in'))).toEqual([])
  expect(readdirSync(folder).sort()).toEqual(['app.tgz', 'in'])
})

const folders = (count: number): TarEntry[] =>
  Array.from({ length: count }, (_, i) => ({ header: { name: `d${i}`, size: 0, type: 'directory' } }))
const large = file('large', 'x'.repeat(2 ** 21))
const refusedBeforeTheEnd: readonly (readonly [string, TarEntry[]])[] = [
  ['a path that leads out, before 3,000 folders', [...folders(11), file('../e'), ...folders(3000)]],
  ['a link that leads out, before a large file', [...Array.from({ length: 200 }, (_, i) => file(`f${i}`)), link('l', '/etc'), large]],
  ['a large file that is there twice', [large, large, large]],
]

test.for(refusedBeforeTheEnd.flatMap(([what, entries]) => ['app.tar', 'app.tgz'].map((name) => [what, name, entries] as const)))(
  '%s: %s is refused, and what is left of it is not read',
  async ([, name, entries]) => {
    const folder = root()
    const archive = join(folder, name)
    const bytes = await packTar(entries)
    writeFileSync(archive, name === 'app.tar' ? bytes : gzipSync(bytes))
    await expect(unpackArchive(archive, join(folder, 'app'))).rejects.toMatchObject({ code: 'SPY_ARCHIVE_ENTRY' })
    await until(() => descriptorsOn(archive) === 0) // an error after the refusal, which nobody catches, fails the run
    expect(readdirSync(folder)).toEqual([name])
  },
)

test('a zip is closed when it is unpacked, and when an entry is refused or left out', async () => {
  const content = Buffer.alloc(300_000, 'x')
  for (const members of [
    [
      { name: 'app/a', content },
      { name: '__MACOSX/._a', content },
    ],
    [
      { name: 'a', content },
      { name: '../evil', content },
      { name: 'b', content },
    ],
    [
      { name: 'a', content },
      { name: 'a', content },
    ],
  ]) {
    const folder = root()
    const archive = join(folder, 'app.zip')
    writeFileSync(archive, zipOf(members))
    await unpackArchive(archive, join(folder, 'app')).catch(() => undefined)
    await until(() => descriptorsOn(archive) === 0)
  }
})

test.for([
  ['a path that leads out', { name: '../evil' }],
  ['a backslash', { name: 'a\\..\\..\\evil' }],
  ['a link that leads out', { name: 'a', content: '../../etc', mode: 0o120777 }],
  ['what is encrypted', { name: 'a', flags: 1 }],
] as const)('%s in a zip is refused', async ([, member]) => {
  await expect(unpackZip([member])).rejects.toMatchObject({ code: expect.stringMatching(/^SPY_ARCHIVE_/) as string })
})

test('more entries or bytes than allowed are refused, by what is really there', async () => {
  const limits = { maxEntries: 2, maxBytes: 10, maxRatio: 200 }
  await expect(unpackTar([file('a'), file('b'), file('c')], limits)).rejects.toMatchObject({ code: 'SPY_ARCHIVE_LIMIT' })
  await expect(unpackTar([file('a', 'x'.repeat(11))], limits)).rejects.toMatchObject({ code: 'SPY_ARCHIVE_LIMIT' })
  await expect(unpackTar([file('a', 'x'.repeat(6)), hard('b', 'a')], limits)).rejects.toMatchObject({ code: 'SPY_ARCHIVE_LIMIT' })
})

test('folders that are only in paths count as entries, and a zip is refused by the count that it states before a file is written', async () => {
  const limits = { maxEntries: 3, maxBytes: 10, maxRatio: 200 }
  const nested = gzipSync(await packTar([file('a/b/c/d')]))
  expect(await messageFor('app.tgz', nested, { limits })).toMatch(/has more than 3 files, folders and links.*deployment\.maxArchiveEntries/)
  const members = ['a', 'b', 'c', '../evil'].map((name) => ({ name }))
  expect(await messageFor('app.zip', zipOf(members), { limits })).toMatch(/has more than 3 files/)
})

test('what unpacks to far more than its size is refused once it is more than a little', async () => {
  const zeros = (bytes: number): TarEntry => ({ header: { name: 'zeros', size: bytes, type: 'file' }, body: new Uint8Array(bytes) })
  expect(await messageFor('app.tgz', gzipSync(await packTar([zeros(2 ** 20)])))).toBe('fine')
  expect(await messageFor('app.tgz', gzipSync(await packTar([zeros(2 ** 25)])))).toMatch(
    /unpacks to more than 200 times its size of \d+ bytes \(at entry "zeros"\)\. .* deployment\.maxCompressionRatio/,
  )
})

test('what macOS adds is left out, so that the single folder is seen', async () => {
  const tar = await unpackTar([file('./._app'), file('app/index.js'), file('app/._index.js')])
  expect(readdirSync(tar)).toEqual(['index.js'])
  const zip = await unpackZip([{ name: 'app/index.js' }, { name: '__MACOSX/app/._index.js' }])
  expect(readdirSync(zip)).toEqual(['index.js'])
})

test('what is left out is read, however large, and counts: entries, bytes and ratio', async () => {
  const limits = { maxEntries: 3, maxBytes: 2 ** 21, maxRatio: 200 }
  const body = 'x'.repeat(2 ** 20)
  const tar = await packTar([file('app/index.js'), file('app/._big', body), file('app/b.js')])
  expect(await messageFor('app.tar', tar, { limits })).toBe('fine')
  expect(await messageFor('app.tar', await packTar(['a', '._1', '._2', '._3'].map((name) => file(name))), { limits })).toMatch(
    /has more than 3 files/,
  )
  const names = ['a', '._1', '._2']
  const tooMuch = /unpacks to more than 2097152 bytes/
  expect(await messageFor('app.tar', await packTar(names.map((name) => file(name, body))), { limits })).toMatch(tooMuch)
  expect(await messageFor('app.zip', zipOf(names.map((name) => ({ name, content: body }))), { limits })).toMatch(tooMuch)
  const zeros = { header: { name: '._zeros', size: 2 ** 25, type: 'file' }, body: new Uint8Array(2 ** 25) } as const
  expect(await messageFor('app.tgz', gzipSync(await packTar([file('a'), zeros])))).toMatch(/unpacks to more than 200 times its size/)
})

test.for(['PKI/index.js', 'BZh/index.js', 'Rar!.js', 'index.js'])('a tar file whose first name is %s is a tar file', async (name) => {
  expect(await messageFor('app.tar', await packTar([file(name)]))).toBe('fine')
})

test.for<[string, () => Promise<Uint8Array> | Uint8Array]>([
  ['a.tgz', async () => gzipSync(await packTar([]))],
  ['a.tgz', async () => gzipSync(await packTar([{ header: { name: 'app', size: 0, type: 'directory' } }]))],
  ['a.zip', () => zipOf([])],
])('%s without a file is no application', async ([name, bytes]) => {
  expect(await messageFor(name, await bytes())).toMatch(/cannot be read: it contains no file\./)
})

test('a device in a zip and a sparse file in a tar are refused: they would become other files', async () => {
  expect(await messageFor('a.zip', zipOf([{ name: 'null', mode: 0o020666 }]))).toMatch(/entry "null" is no plain file/)
  const sparse = { header: { name: 'a', size: 1, type: 'file', pax: { 'GNU.sparse.major': '1' } }, body: 'x' } as const
  expect(await messageFor('a.tar', await packTar([sparse]))).toMatch(/entry "a" is no plain file/)
})

test('many small files and large ones between them come back whole', async () => {
  const bodies = Array.from({ length: 300 }, (_, i) => `${i}:`.repeat(i % 50 === 0 ? 40_000 : (i % 7) + 1))
  const to = await unpackTar(bodies.map((body, i) => file(`app/d${i % 9}/f${i}`, body)))
  expect(bodies.map((_, i) => readFileSync(join(to, `d${i % 9}/f${i}`), 'utf8'))).toEqual(bodies)
})

test('an error names the archive as the user knows it, what is wrong, where in it, and what to do', async () => {
  const whole = gzipSync(await packTar([file('a', 'x'.repeat(5000)), file('b', 'y'.repeat(5000))]))
  const cut = await packTar([file('first', 'x'.repeat(600)), file('second', 'y'.repeat(6000))])
  const bzip2 = Buffer.from('BZh91AY&SY', 'latin1')
  const messages = [
    await messageFor('junk.tgz', Buffer.from('no archive')),
    await messageFor('empty.zip', Buffer.alloc(0)),
    await messageFor('app.tgz', bzip2),
    await messageFor('app.tgz', zipOf([{ name: 'a' }])),
    await messageFor('app.zip', whole),
    await messageFor('cut.tar', cut.subarray(0, 3000), { name: 'shop-1.4.0.tar' }),
    await messageFor('cut.tgz', whole.subarray(0, whole.length - 12)),
    await messageFor('cut.zip', zipOf([{ name: 'a' }]).subarray(0, 40)),
    await messageFor('app.zip', zipOf([{ name: 'secret.js', flags: 1 }])),
    await messageFor('app.tar', await packTar([file('a/b'), file('a/b')])),
  ]
  const again = '. Pack the folder of the application again (`npm pack`, `tar -czf NAME.tgz`, `zip -r NAME.zip`) and deploy that.'
  const broken = (name: string, what: string): string => `the archive ${name} cannot be read: ${what}${again}`
  expect(messages).toEqual([
    broken('junk.tgz', 'by its name it is gzip, and it begins with 6e6f2061'),
    broken('empty.zip', 'it is empty'),
    broken('app.tgz', 'by its name it is gzip, and it begins with 425a6839, as bzip2 does'),
    broken('app.tgz', 'by its name it is gzip, and it begins with 504b0304, as a zip file does'),
    broken('app.zip', 'by its name it is a zip file, and it begins with 1f8b0800, as gzip does'),
    broken('shop-1.4.0.tar', 'Tar archive is truncated, after 2 entries, the last of which is "second"'),
    broken('cut.tgz', 'it ends too early, after 2 entries, the last of which is "b"'),
    expect.stringMatching(/^the archive cut\.zip cannot be read: End of central directory .+[^.]\. Pack/) as string,
    'the archive app.zip is refused: entry "secret.js" is encrypted; pack it without a password.',
    'the archive app.tar is refused: entry "a/b" is there twice; make a new archive instead of adding to it.',
  ])
})

test('a cut archive, or garbage, is broken, and nothing is left', async () => {
  const whole = gzipSync(await packTar([file('a', 'x'.repeat(5000)), file('b', 'y'.repeat(5000))]))
  for (const bytes of [whole.subarray(0, whole.length / 2), Buffer.from('no archive'), Buffer.alloc(0)]) {
    const folder = root()
    writeFileSync(join(folder, 'app.tgz'), bytes)
    await expect(unpackArchive(join(folder, 'app.tgz'), join(folder, 'app'))).rejects.toMatchObject({ code: 'SPY_ARCHIVE_BROKEN' })
    expect(existsSync(join(folder, 'app'))).toBe(false)
  }
})

test('any bytes in place of an archive are refused with a code', async () => {
  const folder = root()
  const whole = await packTar([file('a', 'text'), link('l', 'a')])
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(damage, fc.constantFrom('app.tar', 'app.zip'), async (flips, name) => {
      const bytes = Buffer.from(whole)
      for (const [at, value] of flips) bytes[at] = value
      writeFileSync(join(folder, name), bytes)
      const outcome = await unpackArchive(join(folder, name), join(folder, 'out')).then(
        () => 'fine',
        (error: unknown) => codeOf(error) ?? String(error),
      )
      expect(outcome).toMatch(/^(fine|SPY_ARCHIVE_\w+)$/)
      expect(readdirSync(folder).filter((entry) => !entry.startsWith('app.') && entry !== 'out')).toEqual([])
      execFileSync('rm', ['-rf', join(folder, 'out')])
    }),
    { numRuns: 60 },
  )
})

test('what is no archive by its name is told so', async () => {
  const folder = root()
  writeFileSync(join(folder, 'app.rar'), '')
  await expect(unpackArchive(join(folder, 'app.rar'), join(folder, 'app'))).rejects.toMatchObject({ code: 'SPY_ARCHIVE_KIND' })
})
