/** Cuts bytes into lines. It works on bytes, so a character that two reads share stays whole. */

/** A longer line is cut here; the rest of it is passed over. */
export const MAX_LINE = 65_536

export interface Lines {
  readonly lines: readonly string[]
  /** Bytes of the complete lines, including line breaks: how far the file has been read. */
  readonly taken: number
}

/**
 * The whole lines in `bytes`. A last line without its line break waits, unless it is longer than {@link MAX_LINE}: then it is cut, and
 * what follows counts as a line of its own. With `final` the rest is a line as well.
 */
export function splitLines(bytes: Buffer, final = false): Lines {
  const lines: string[] = []
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    pushLine(lines, bytes, start, end)
    start = end + 1
  }
  if (bytes.length - start >= MAX_LINE || (final && bytes.length > start)) {
    pushLine(lines, bytes, start, bytes.length)
    start = bytes.length
  }
  return { lines, taken: start }
}

function pushLine(lines: string[], bytes: Buffer, start: number, end: number): void {
  let stop = Math.min(end, start + MAX_LINE)
  if (stop === end && bytes[stop - 1] === 13) stop--
  while (stop < end && stop > start && ((bytes[stop] as number) & 0xc0) === 0x80) stop--
  if (stop > start) lines.push(bytes.toString('utf8', start, stop))
}
