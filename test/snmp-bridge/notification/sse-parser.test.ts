import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSseParser, type SseMessage } from '../../../snmp-bridge/src/notification/sse-parser.ts'

function parse(chunks: readonly Uint8Array[]): SseMessage[] {
  const messages: SseMessage[] = []
  const parser = createSseParser((message) => messages.push(message))
  for (const chunk of chunks) parser.push(chunk)
  return messages
}

test('messages come out the same wherever the stream is cut', () => {
  const bytes = Buffer.from(': heartbeat\n\nid: 7\ndata: {"池":1}\n\nevent: x\r\ndata: a\r\ndata: b\r\n\r\n')
  const expected = [
    { id: '7', data: '{"池":1}' },
    { id: '7', data: 'a\nb' },
  ]
  expect(parse([bytes])).toEqual(expected)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      expect(parse(at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toEqual(expected)
    }),
  )
})

test('a message that does not end is refused', () => {
  const parser = createSseParser(() => {})
  const block = Buffer.alloc(8_388_608, 'x')
  parser.push(block)
  expect(() => {
    parser.push(block)
    parser.push(block)
  }).toThrow(expect.objectContaining({ code: 'SPY_SNMP_EVENTS' }))
})
