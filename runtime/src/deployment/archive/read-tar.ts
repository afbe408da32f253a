/** The entries of a tar file, compressed with gzip or not (USTAR, PAX and GNU long names). */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
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
    const entries = (Readable.toWeb(bytes) as ReadableStream<Uint8Array>).pipeThrough(createTarDecoder({ strict: true }))
    for await (const { header, body } of entries) {
      const type = TYPES[header.type ?? 'file'] ?? 'other'
      const content = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
      yield { path: header.name, type, target: header.linkname, isExecutable: ((header.mode ?? 0) & 0o100) !== 0, content }
      if (!content.readableEnded) content.resume()
    }
  } finally {
    source.destroy()
    bytes.destroy()
  }
}
