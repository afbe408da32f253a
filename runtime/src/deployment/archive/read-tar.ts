/** The entries of a tar file, compressed with gzip or not (USTAR, PAX and GNU long names). */
import { createReadStream } from 'node:fs'
import { createTarDecoder } from 'modern-tar'
import { createGunzip } from 'node:zlib'
import type { ArchiveEntry } from './entry.ts'

const TYPES: Readonly<Record<string, ArchiveEntry['type']>> = {
  file: 'file',
  directory: 'folder',
  symlink: 'link',
  link: 'hard link',
}

export async function* readTar(file: string, isCompressed: boolean): AsyncGenerator<ArchiveEntry> {
  const source = createReadStream(file)
  const bytes = isCompressed ? source.pipe(createGunzip()) : source
  source.on('error', (error) => bytes.destroy(error)) // a pipe does not pass errors on
  try {
    // Not Readable.toWeb: what the file brings after a refusal it puts into a stream that is closed, and throws where nobody can catch it.
    const entries = (ReadableStream.from(bytes) as ReadableStream<Uint8Array>).pipeThrough(createTarDecoder({ strict: true }))
    for await (const { header, body } of entries) {
      const { name, type = 'file', size, linkname, mode = 0 } = header
      const content = body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>
      const isSparse = Object.keys(header.pax ?? {}).some((key) => key.startsWith('GNU.sparse.')) // its content is not that of the file
      yield {
        path: name,
        type: isSparse ? 'other' : (TYPES[type] ?? 'other'),
        target: linkname,
        isExecutable: (mode & 0o100) !== 0,
        size,
        content,
      }
      if (type !== 'file') await body.cancel()
    }
  } finally {
    source.destroy()
    bytes.destroy()
  }
}
