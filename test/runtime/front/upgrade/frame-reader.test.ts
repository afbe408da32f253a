import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from '../../../../runtime/src/front/upgrade/frame-reader.ts'

interface Frame {
  readonly opcode: number
  readonly isLast: boolean
  readonly payload: Uint8Array
  readonly mask?: Uint8Array | undefined
}

/** A frame as RFC 6455 section 5.2 draws it. */
function encode({ opcode, isLast, payload, mask }: Frame): Buffer {
  const { length } = payload
  const head = [(isLast ? 0x80 : 0) | opcode]
  const masked = mask ? 0x80 : 0
  if (length < 126) head.push(masked | length)
  else if (length < 65_536) head.push(masked | 126, length >> 8, length & 255)
  else head.push(masked | 127, 0, 0, 0, 0, (length >>> 24) & 255, (length >> 16) & 255, (length >> 8) & 255, length & 255)
  const body = mask ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload
  return Buffer.concat([Buffer.from(head), mask ?? Buffer.alloc(0), body])
}

const close = (code: number): Uint8Array => Uint8Array.from([code >> 8, code & 255, 111, 107])

test('messages and the close code are the same however the bytes are cut', () => {
  const mask = fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }), { nil: undefined })
  const size = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 65_535, 65_536))
  const frame = fc.record({
    opcode: fc.constantFrom(0, 1, 2, 9, 10),
    isLast: fc.boolean(),
    payload: size.map((length) => new Uint8Array(length).fill(0x88)),
    mask,
  })
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 6 }),
      fc.integer({ min: 1000, max: 4999 }),
      mask,
      fc.array(fc.nat(200), { maxLength: 8 }),
      (frames, code, closeMask, cuts) => {
        const bytes = Buffer.concat([...frames, { opcode: 8, isLast: true, payload: close(code), mask: closeMask }].map(encode))
        const reader = new FrameReader()
        let at = 0
        for (const cut of cuts) {
          reader.read(bytes.subarray(at, at + cut))
          at += cut
        }
        reader.read(bytes.subarray(at))
        expect(reader.messages).toBe(frames.filter(({ opcode, isLast }) => opcode < 8 && isLast).length)
        expect(reader.closeCode).toBe(code)
        expect(reader.isBetweenFrames).toBe(true)
      },
    ),
    { numRuns: 200 },
  )
})

test('a close without a code has code 1005; a frame that is not whole is known', () => {
  const reader = new FrameReader()
  reader.read(encode({ opcode: 2, isLast: true, payload: new Uint8Array(10) }).subarray(0, 5))
  expect(reader.isBetweenFrames).toBe(false)
  reader.read(new Uint8Array(7))
  expect(reader.isBetweenFrames).toBe(true)
  reader.read(encode({ opcode: 8, isLast: true, payload: new Uint8Array(0) }))
  expect(reader.closeCode).toBe(1005)
})

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (chunks) => {
      const reader = new FrameReader()
      for (const chunk of chunks) reader.read(chunk)
    }),
  )
})
