import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerReader } from '../../../agent/src/otlp/answer-reader.ts'

function read(text: string, cuts: readonly number[] = []): AnswerReader {
  const bytes = Buffer.from(text, 'latin1')
  const reader = new AnswerReader()
  let from = 0
  for (const cut of [...cuts.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]) {
    if (cut > from) reader.add(bytes.subarray(from, cut))
    from = Math.max(from, cut)
  }
  return reader
}

const ANSWERS = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', 200, true],
  ['HTTP/1.1 200\r\ncontent-length:0\r\n\r\n', 200, true],
  ['HTTP/1.1 204 No Content\r\n\r\n', 204, true],
  [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 1\r\n\r\nx',
    429,
    true,
  ],
  ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}', 200, false],
  ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive, Close\r\n\r\n{}', 200, false],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n', 200, false],
  ['HTTP/1.1 503 \r\n\r\nuntil the end of the connection', 503, false],
  ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{} and more', 200, false],
  ['HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n{}', 200, false],
] as const

test.each(ANSWERS)('%j', (text, status, keepsAlive) => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 6 }), (cuts) => {
      const reader = read(text, cuts)
      expect([reader.answer?.status, reader.isDone, reader.keepsAlive, reader.isBroken]).toEqual([status, true, keepsAlive, false])
    }),
  )
})

test('an answer is known with its head, and done with its body', () => {
  const reader = read('HTTP/1.1 200 OK\r\nRetry-After: 3\r\nContent-Length: 5\r\n\r\nabcd')
  expect(reader.answer?.headers.get('retry-after')).toBe('3')
  expect(reader.isDone).toBe(false)
  reader.add(Buffer.from('e'))
  expect([reader.isDone, reader.keepsAlive]).toEqual([true, true])
})

test.each([
  'SSH-2.0-OpenSSH_9.2\r\n\r\n',
  'HTTP/2.0 200 OK\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`,
])('no answer: %.40j', (text) => expect(read(text).isBroken).toBe(true))

test('whatever comes, reading does not throw', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.uint8Array(),
          fc.constantFrom('HTTP/1.1 200 OK\r\n', '\r\n\r\n', 'Content-Length: 3\r\n').map((text) => Buffer.from(text)),
        ),
      ),
      (chunks) => {
        const reader = new AnswerReader()
        for (const chunk of chunks) reader.add(Buffer.from(chunk))
      },
    ),
  )
})
