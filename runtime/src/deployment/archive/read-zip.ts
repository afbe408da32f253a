/** The entries of a zip file. */
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { type Entry, open, type ZipFile } from 'yauzl'
import type { ArchiveEntry } from './entry.ts'

const S_IFMT = 0o170000
const S_IFLNK = 0o120000
/** None: the archive was made on a system without modes. */
const FILE_TYPES: ReadonlySet<number> = new Set([0, 0o100000, S_IFLNK])
const ENCRYPTED = 1
const MAX_TARGET_BYTES = 4096

/** `onCount` learns the number of entries before the first one; what it throws ends the reading. */
export async function* readZip(file: string, onCount: (entries: number) => void): AsyncGenerator<ArchiveEntry> {
  // names are judged where those of all formats are (entry-path.ts), so that every refusal reads alike
  const zip = await promisify<string, object, ZipFile>(open)(file, { lazyEntries: true, autoClose: false, strictFileNames: true })
  try {
    onCount(zip.entryCount)
    for await (const entry of entriesOf(zip)) {
      const { content, ...rest } = await converted(zip, entry)
      try {
        yield { ...rest, content }
      } finally {
        content?.destroy() // of an entry that is refused: an open stream keeps the file open
      }
    }
  } finally {
    zip.close()
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await nextEntry(zip)
    if (!entry) return
    yield entry
  }
}

function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const done = (entry?: Entry, error?: Error): void => {
      zip.off('entry', onEntry).off('end', onEnd).off('error', onError)
      if (error) reject(error)
      else resolve(entry)
    }
    const onEntry = (entry: Entry): void => done(entry)
    const onEnd = (): void => done()
    const onError = (error: Error): void => done(undefined, error)
    zip.on('entry', onEntry).on('end', onEnd).on('error', onError)
    zip.readEntry()
  })
}

type ZipEntry = ArchiveEntry & { readonly content?: Readable | undefined }

async function converted(zip: ZipFile, entry: Entry): Promise<ZipEntry> {
  const mode = entry.externalFileAttributes >>> 16
  const path = entry.fileName
  const isExecutable = (mode & 0o100) !== 0
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) return { path, type: 'encrypted', isExecutable }
  if (path.endsWith('/')) return { path, type: 'folder', isExecutable }
  const isLink = (mode & S_IFMT) === S_IFLNK
  if (!FILE_TYPES.has(mode & S_IFMT) || (isLink && entry.uncompressedSize > MAX_TARGET_BYTES)) return { path, type: 'other', isExecutable }
  const content = await contentOf(zip, entry)
  if (isLink) return { path, type: 'link', target: await text(content), isExecutable }
  return { path, type: 'file', isExecutable, size: entry.uncompressedSize, content }
}

function contentOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, content) => (error ? reject(error) : resolve(content)))
  })
}
