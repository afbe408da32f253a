/**
 * A line with its checksum: `<CRC-32 of the rest, 8 hexadecimal digits> <text>\n`. CRC-32 (IEEE, zlib.crc32) is native, and finds torn writes
 * as well as flipped bits.
 */
import { crc32 } from 'node:zlib'

/** The checksum covers `of` as well: the line is valid nowhere else. */
export function checkedLine(text: string, of = ''): Buffer {
  return Buffer.from(`${checksum(Buffer.from(text), of)} ${text}\n`)
}

/** The text of a line, without its line break, if its checksum is right. */
export function textOfLine(line: Buffer, of = ''): string | undefined {
  const text = line.subarray(9)
  return line.length >= 11 && line[8] === 32 && line.toString('latin1', 0, 8) === checksum(text, of) ? text.toString('utf8') : undefined
}

const checksum = (bytes: Buffer, of: string): string =>
  crc32(bytes, of === '' ? 0 : crc32(of))
    .toString(16)
    .padStart(8, '0')
