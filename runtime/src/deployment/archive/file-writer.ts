/**
 * Writes the files of an archive. A small one is written while the next entries are read, a few at a time: most files of an application are
 * small, and a stream for each costs several times what the file does.
 */
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

const SMALL_BYTES = 65_536
const MAX_PENDING = 16

export interface NewFile {
  readonly file: string
  readonly mode: number
  /** In bytes, as the archive says; it decides only how the file is written. */
  readonly size: number
  /** Bounded by its source: what it throws, the writing throws. */
  readonly content: AsyncIterable<Uint8Array>
}

export class FileWriter {
  readonly #pending = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  /** Resolves when the content is read; a small file may not be on the disk yet. Throws what an earlier file could not be written for. */
  async write({ file, mode, size, content }: NewFile): Promise<void> {
    if (size > SMALL_BYTES) return pipeline(content, createWriteStream(file, { flags: 'wx', mode }))
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    this.#begin(writeFile(file, bytes, { flag: 'wx', mode }))
    if (this.#pending.size >= MAX_PENDING) await Promise.race(this.#pending)
    this.#throwFailure()
  }

  /** Resolves when all files are on the disk. Throws what one could not be written for. */
  async finish(): Promise<void> {
    await this.end()
    this.#throwFailure()
  }

  /** Waits for what is being written, whatever comes of it: nothing is written afterwards. */
  async end(): Promise<void> {
    await Promise.all(this.#pending)
  }

  #begin(writing: Promise<void>): void {
    const settled: Promise<void> = writing
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => this.#pending.delete(settled))
    this.#pending.add(settled)
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }
}
