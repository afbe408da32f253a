/** What a log was rotated to: files beside it, plain or compressed. */
import { createReadStream, type Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { codeOf } from '@spyglass/agent/contract'
import { logOf } from '../log-rotation/rotation-plan.ts'

const GZIP = '.gz'
const NEWLINE = 10

/** The last first. */
export async function rotatedFiles(path: string): Promise<readonly string[]> {
  const folder = dirname(path)
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => [])
  const names = entries.filter((entry) => entry.isFile() && logOf(entry.name) === basename(path)).map(({ name }) => plainName(name))
  return [...new Set(names)].toSorted((a, b) => (a < b ? 1 : -1)).map((name) => join(folder, name))
}

/** A file that is being compressed is there under both names, or changes from one to the other meanwhile. */
const plainName = (name: string): string => (name.endsWith(GZIP) ? name.slice(0, -GZIP.length) : name)

export interface RotatedFile {
  readonly ino: number
  readonly modifiedAt: number
  readonly isCompressed: boolean
  readonly path: string
}

/** As it is now; undefined: it has been deleted. */
export async function findRotated(path: string): Promise<RotatedFile | undefined> {
  for (const each of [path, `${path}${GZIP}`]) {
    try {
      const { ino, mtimeMs } = await stat(each)
      return { ino, modifiedAt: mtimeMs, isCompressed: each !== path, path: each }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
  return undefined
}

/** Its lines from the first to the last, some at a time. */
export const linesOfRotated = ({ path, isCompressed }: RotatedFile): AsyncGenerator<readonly string[], void> =>
  isCompressed ? linesOfCompressed(path) : linesIn(createReadStream(path))

/** Of a file that is damaged those before the damage: the newer files are worth more than an error. */
async function* linesOfCompressed(path: string): AsyncGenerator<readonly string[], void> {
  const bytes = createReadStream(path)
  const text = createGunzip()
  bytes.once('error', (error) => text.destroy(error)).pipe(text)
  try {
    yield* linesIn(text)
  } catch (error) {
    if (!DAMAGED.has(codeOf(error) ?? '')) throw error
  } finally {
    bytes.destroy()
  }
}

const DAMAGED: ReadonlySet<string> = new Set(['Z_DATA_ERROR', 'Z_BUF_ERROR'])

/** Whole lines of a stream; the last one also without its line break. */
export async function* linesIn(stream: Readable): AsyncGenerator<readonly string[], void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf(NEWLINE) + 1
    rest = bytes.subarray(end)
    if (end > 0) yield textLines(bytes.subarray(0, end))
  }
  if (rest.length > 0) yield textLines(rest)
}

const textLines = (bytes: Buffer): readonly string[] => bytes.toString('utf8').split('\n').filter(Boolean)
