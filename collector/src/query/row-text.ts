const NEWLINE = 0x0a
const COMMA = 0x2c
const CARRIAGE_RETURN = 0x0d

/**
 * Turns rows in the format JSONEachRow into the content of a JSON array, byte by byte, without parsing. Inside a row
 * both bytes are written as escapes, so a newline ends a row and a carriage return begins the frame that reports an error in mid-stream.
 */
export async function* rowText(chunks: AsyncIterable<Uint8Array>, failure: () => Error): AsyncGenerator<Uint8Array> {
  let owed = false
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    if (chunk.includes(CARRIAGE_RETURN)) throw failure()
    if (owed) yield Uint8Array.of(COMMA)
    owed = chunk.at(-1) === NEWLINE
    yield withCommas(owed ? chunk.slice(0, -1) : chunk.slice())
  }
}

function withCommas(bytes: Uint8Array): Uint8Array {
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) bytes[at] = COMMA
  return bytes
}
