/** Text is cut between characters, never inside one. */

/** A character of UTF-8 has at most three continuation bytes; what has more is not UTF-8 and may be cut anywhere. */
const MAX_CONTINUATION = 3

/** Where a text of at most `max` bytes ends, on a border between characters. */
export function cutAt(bytes: Uint8Array, start: number, end: number, max: number): number {
  if (end - start <= max) return end
  const limit = start + max
  let cut = limit
  while (cut > start && limit - cut <= MAX_CONTINUATION && isContinuation(bytes[cut])) cut--
  return isContinuation(bytes[cut]) ? limit : cut
}

/** The text, cut between characters to at most `max` bytes of UTF-8. */
export function cutText(text: string, max: number): string {
  if (text.length * 3 <= max) return text
  const bytes = Buffer.from(text)
  return bytes.length <= max ? text : bytes.toString('utf8', 0, cutAt(bytes, 0, bytes.length, max))
}

const isContinuation = (byte: number | undefined): boolean => ((byte ?? 0) & 0xc0) === 0x80
