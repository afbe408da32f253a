import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeFileLayer, readAround } from '../../../collector/src/wal/file-layer.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('what lies at a path is a file, a folder, nothing, or an error that is not hidden', async () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'file'), 'x')
  mkdirSync(join(folder, 'folder'))
  symlinkSync('loop', join(folder, 'loop'))
  symlinkSync('file', join(folder, 'link'))
  const kinds = ['file', 'folder', 'link', 'loop', 'none', 'file/below'].map(async (name) => await nodeFileLayer.kind(join(folder, name)))
  expect(await Promise.all(kinds)).toEqual(['file', 'folder', 'file', undefined, undefined, undefined])
  await expect(nodeFileLayer.kind(join(folder, 'x'.repeat(300)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
})

test('several buffers are written one behind the other, however many of them the system takes at once', async () => {
  const path = join(tempFolder(), 'file')
  const file = await nodeFileLayer.open(path)
  const buffers = Array.from({ length: 2500 }, (_, i) => Buffer.from(`buffer ${i}\n`))
  await file.write(Buffer.from('before\n'), 0)
  await file.writeAll(buffers, 7)
  await file.close()
  expect((await nodeFileLayer.read(path)).toString()).toBe(`before\n${Buffer.concat(buffers).toString()}`)
})

const PAGE = 4096
const failure = (code: string): Error => Object.assign(new Error(code), { code })

/** A file of three pages of which the second cannot be read. */
function damagedFile(code: string): Parameters<typeof readAround>[0] {
  const content = Buffer.alloc(2 * PAGE + 10, 7)
  return {
    stat: async () => await Promise.resolve({ size: content.length }),
    read: async (into, offset, length, position) => {
      if (position < 2 * PAGE && position + length > PAGE) throw failure(code)
      return await Promise.resolve(content.copy(into, offset, position, position + length))
    },
  }
}

test('a bad sector costs its page, and the rest of the file is read', async () => {
  const bytes = await readAround(damagedFile('EIO'))
  expect(bytes.equals(Buffer.concat([Buffer.alloc(PAGE, 7), Buffer.alloc(PAGE), Buffer.alloc(10, 7)]))).toBe(true)
})

test('any other failure to read is an error', async () => {
  await expect(readAround(damagedFile('EACCES'))).rejects.toMatchObject({ code: 'EACCES' })
})
