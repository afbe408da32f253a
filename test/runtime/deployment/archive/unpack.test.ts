import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { codeOf } from '@spyglass/agent/contract'
import { packTar, type TarEntry } from 'modern-tar'
import { expect, test } from 'vitest'
import { unpackArchive } from '../../../../runtime/src/deployment/archive/unpack.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { type ZipMember, zipOf } from './zip-writer.ts'

const root = (): string => tempFolder('spyglass-archive-')

async function unpackTar(entries: TarEntry[], limits?: { maxEntries: number; maxBytes: number }) {
  const folder = root()
  const file = join(folder, 'app.tgz')
  writeFileSync(file, gzipSync(await packTar(entries)))
  const to = join(folder, 'app')
  await unpackArchive(file, to, limits)
  return to
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

test.for([
  ['a path that leads out', { name: '../evil' }],
  ['a backslash', { name: 'a\\..\\..\\evil' }],
  ['a link that leads out', { name: 'a', content: '../../etc', mode: 0o120777 }],
  ['what is encrypted', { name: 'a', flags: 1 }],
] as const)('%s in a zip is refused', async ([, member]) => {
  await expect(unpackZip([member])).rejects.toMatchObject({ code: expect.stringMatching(/^SPY_ARCHIVE_/) as string })
})

test('more entries or bytes than allowed are refused, by what is really there', async () => {
  const limits = { maxEntries: 2, maxBytes: 10 }
  await expect(unpackTar([file('a'), file('b'), file('c')], limits)).rejects.toMatchObject({ code: 'SPY_ARCHIVE_LIMIT' })
  await expect(unpackTar([file('a', 'x'.repeat(11))], limits)).rejects.toMatchObject({ code: 'SPY_ARCHIVE_LIMIT' })
  await expect(unpackTar([file('a', 'x'.repeat(6)), hard('b', 'a')], limits)).rejects.toMatchObject({ code: 'SPY_ARCHIVE_LIMIT' })
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
