/** Keeps the end of what a program writes: as much as a person reads, however much it is. */
import { stripVTControlCharacters } from 'node:util'

const MAX_BYTES = 16_384
const MAX_LINES = 40

export class OutputTail {
  #bytes: Buffer = Buffer.alloc(0)
  #isCut = false

  add(chunk: Buffer): void {
    const all = Buffer.concat([this.#bytes, chunk.subarray(-MAX_BYTES)])
    this.#isCut ||= this.#bytes.length + chunk.length > MAX_BYTES
    this.#bytes = all.subarray(-MAX_BYTES)
  }

  /** The last lines, without colours and other control characters; `…` stands for what is left out. */
  text(): string {
    const lines = stripVTControlCharacters(this.#bytes.toString('utf8'))
      .replaceAll(/[^\P{Cc}\n\t]/gu, '')
      .split('\n')
      .filter((line) => line.trim() !== '')
    const isCut = this.#isCut || lines.length > MAX_LINES
    return [...(isCut ? ['…'] : []), ...lines.slice(-MAX_LINES)].join('\n')
  }
}
