/** What a file is by its first bytes: an archive under a wrong name is told from one that is damaged. */
import { open } from 'node:fs/promises'
import type { ArchiveFormat } from './archive-format.ts'

const FORMATS: readonly (readonly [name: string, signature: readonly number[], at?: number])[] = [
  ['a tar file', [0x75, 0x73, 0x74, 0x61, 0x72], 257], // first: it begins with the name of its first entry, which may be `PKI/index.js`
  ['gzip', [0x1f, 0x8b]],
  ['a zip file', [0x50, 0x4b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['7-Zip', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['RAR', [0x52, 0x61, 0x72, 0x21]],
]
const EXPECTED: Readonly<Record<ArchiveFormat, string>> = { 'tar.gz': 'gzip', tar: 'a tar file', zip: 'a zip file' }
const READ_BYTES = 262

/** What is wrong with the file at first sight; undefined: nothing. A tar of before 1988 has no signature, so only another one counts there. */
export async function wrongSignature(file: string, format: ArchiveFormat): Promise<string | undefined> {
  const start = await firstBytes(file)
  if (start.length === 0) return 'it is empty'
  const found = FORMATS.find(([, signature, at = 0]) => signature.every((byte, i) => start[at + i] === byte))?.[0]
  const expected = EXPECTED[format]
  if (found === expected || (found === undefined && format === 'tar')) return undefined
  const said = `by its name it is ${expected}, and it begins with ${start.subarray(0, 4).toString('hex')}`
  return found === undefined ? said : `${said}, as ${found} does`
}

async function firstBytes(file: string): Promise<Buffer> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, 0)
  return buffer.subarray(0, bytesRead)
}
