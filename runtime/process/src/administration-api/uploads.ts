/** Archives that clients send: streamed to a file, bounded in size and number, and removed when they have been deployed. */
import { createWriteStream, rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fail } from './errors.ts'

export interface UploadOptions {
  /** Only for archives of this process; what an earlier one left in it is removed. */
  readonly folder: string
  readonly maxBytes: number
}

export interface Uploads {
  /**
   * Hands the archive over as a file of this name, which is gone afterwards.
   * @throws SPY_API_TOO_LARGE, SPY_API_UPLOADS
   */
  receive<T>(source: Readable, name: string, use: (file: string) => Promise<T>): Promise<T>
}

const MAX_UPLOADS = 2

export function createUploads({ folder, maxBytes }: UploadOptions): Uploads {
  let running = 0
  rmSync(folder, { recursive: true, force: true })
  return {
    async receive(source, name, use) {
      if (running >= MAX_UPLOADS) throw fail('SPY_API_UPLOADS')
      running++
      let own: string | undefined
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        own = await mkdtemp(join(folder, 'archive-'))
        const file = join(own, name)
        await pipeline(limited(source, maxBytes), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
        return await use(file)
      } finally {
        running--
        if (own !== undefined) await rm(own, { recursive: true, force: true })
      }
    },
  }
}

/** The source is not destroyed when it is too long: the client would lose its connection instead of getting an answer. */
async function* limited(source: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw fail('SPY_API_TOO_LARGE', [maxBytes])
    yield chunk
  }
}
