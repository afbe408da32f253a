/** `redactQuery` on bytes: names of parameters stay, each value becomes `?`. Most URLs differ only in what this takes away. */

const MAX_LENGTH = 4096
const QUESTION = code('?')
const EQUALS = code('=')
/** What stands between names and values, and what ends a value. */
const SEPARATES = tableOf('?&#;=')
const ENDS_VALUE = tableOf('&#;')

function code(char: string): number {
  return char.charCodeAt(0)
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const char of characters) table[code(char)] = 1
  return table
}

export class QueryBytes {
  /** The last one. */
  readonly bytes = Buffer.alloc(MAX_LENGTH)
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, MAX_LENGTH)

  /** Writes the query without its values; gives its length, or -1 for one that is too long for this. */
  write(source: Uint8Array, start: number, end: number): number {
    if (2 * (end - start) > MAX_LENGTH) return -1 // an empty value grows by one byte
    const { bytes } = this
    let length = 0
    for (let at = start; at < end;) {
      const byte = source[at] as number
      if (SEPARATES[byte] === 1) {
        bytes[length++] = byte
        at++
        continue
      }
      const name = at
      while (at < end && SEPARATES[source[at] as number] === 0) at++
      if (at < end && source[at] === EQUALS) {
        for (let i = name; i <= at; i++) bytes[length++] = source[i] as number
        while (at < end && ENDS_VALUE[source[at] as number] === 0) at++
      }
      bytes[length++] = QUESTION
    }
    return length
  }
}
