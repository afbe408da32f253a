/** However a chunked body is split, its end and its content are found; whatever is no chunked body is refused before it ends. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChunkedReader, LengthReader, MALFORMED, MORE } from '../../../runtime/src/router/body-reader.ts'

const chunk = fc.record({
  data: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  extension: fc.constantFrom('', ';a', ';a=b', ';a="b c"', ' ;x'.slice(1)),
})
const body = fc.record({
  chunks: fc.array(chunk, { maxLength: 6 }),
  trailers: fc.array(fc.constantFrom('a: b', 'checksum: 1', 'x:'), { maxLength: 2 }),
  upper: fc.boolean(),
})

function encoded({ chunks, trailers, upper }: typeof body extends fc.Arbitrary<infer T> ? T : never): Buffer {
  const size = (length: number): string => (upper ? length.toString(16).toUpperCase() : length.toString(16))
  const parts = chunks.flatMap(({ data, extension }) => [Buffer.from(`${size(data.length)}${extension}\r\n`), data, Buffer.from('\r\n')])
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`)])
}

/** Reads in pieces that end at the cuts; returns the end over all pieces, with the content. */
function readIn(bytes: Buffer, cuts: readonly number[]): { end: number; content: Buffer } {
  const reader = new ChunkedReader()
  const content: Buffer[] = []
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  let from = 0
  for (const to of [...ends, bytes.length]) {
    const piece = bytes.subarray(from, to)
    const end = reader.read(piece, 0, piece.length, (start, stop) => content.push(Buffer.from(piece.subarray(start, stop))))
    if (end !== MORE) return { end: end === MALFORMED ? MALFORMED : from + end, content: Buffer.concat(content) }
    from = to
  }
  return { end: MORE, content: Buffer.concat(content) }
}

const cuts = fc.array(fc.nat(400), { maxLength: 12 })

test('a chunked body ends where it ends, however it is split and whatever follows', () => {
  fc.assert(
    fc.property(body, cuts, fc.uint8Array({ maxLength: 20 }), (what, at, behind) => {
      const bytes = encoded(what)
      const { end, content } = readIn(Buffer.concat([bytes, behind]), at)
      expect(end).toBe(bytes.length)
      expect(content).toEqual(Buffer.concat(what.chunks.map(({ data }) => Buffer.from(data))))
    }),
  )
})

test('the split makes no difference to what is refused', () => {
  fc.assert(
    fc.property(body, cuts, fc.nat(), fc.nat(255), (what, at, where, byte) => {
      const bytes = encoded(what)
      bytes[where % bytes.length] = byte
      expect(readIn(bytes, at)).toEqual(readIn(bytes, []))
    }),
  )
})

test.each([
  ['no size', '\r\n\r\n'],
  ['a sign', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
  ['a space behind the size', '5 \r\nhello\r\n0\r\n\r\n'],
  ['a size beyond all bounds', `${'f'.repeat(16)}\r\nhello`],
  ['leading zeros without end', `${'0'.repeat(20)}5\r\nhello`],
  ['a line that ends with LF alone', '5\nhello\r\n0\r\n\r\n'],
  ['a line that ends with CR alone', '5\rhello\r\n0\r\n\r\n'],
  ['a CR in the extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
  ['an LF in the extension', '5;a\n\r\nhello\r\n0\r\n\r\n'],
  ['NUL in the extension', '5;\0\r\nhello\r\n0\r\n\r\n'],
  ['a chunk longer than it says', '5\r\nhello!\r\n0\r\n\r\n'],
  ['a chunk without its end', '5\r\nhello5\r\nhello\r\n0\r\n\r\n'],
  ['a trailer without a colon', '0\r\nabc\r\n\r\n'],
  ['a trailer that is folded', '0\r\na: b\r\n c\r\n\r\n'],
  ['a trailer that ends with LF', '0\r\na: b\n\r\n\r\n'],
  ['an end with LF alone', '0\r\n\n'],
])('%s is refused', (_what, text) => {
  expect(readIn(Buffer.from(text, 'latin1'), []).end).toBe(MALFORMED)
})

test('a body of a stated length takes that many bytes and no more', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 12 }), (length, pieces) => {
      const reader = new LengthReader(length)
      let read = 0
      for (const piece of pieces) {
        const end = reader.read(new Uint8Array(piece), 0, piece)
        if (end !== MORE) {
          expect(read + end).toBe(length)
          return
        }
        read += piece
      }
      expect(read).toBeLessThanOrEqual(length)
    }),
  )
})
