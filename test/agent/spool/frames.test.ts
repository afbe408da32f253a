import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FRAME, type Frame, FrameWriter, framesIn, PayloadReader } from '../../../agent/src/spool/frames.ts'

const types = Object.values(FRAME)
const anyFrames = fc.array(
  fc.record({ type: fc.constantFrom(...types), generation: fc.nat(9), payload: fc.uint8Array({ maxLength: 60 }) }),
  { minLength: 1, maxLength: 8 },
)

function written(frames: readonly { type: (typeof types)[number]; generation: number; payload: Uint8Array }[]): Buffer {
  const writer = new FrameWriter()
  for (const { type, generation, payload } of frames) {
    const start = writer.begin(type)
    writer.block(payload)
    writer.end(start, generation)
  }
  return Buffer.from(writer.bytes)
}

const plain = ({ type, generation, payload }: Frame) => ({ type, generation, payload: [...new PayloadReader(payload).block()] })
const expected = ({ type, generation, payload }: { type: number; generation: number; payload: Uint8Array }) => ({
  type,
  generation,
  payload: [...payload],
})

test('frames are read as they were written, whatever lies around them', () => {
  fc.assert(
    fc.property(anyFrames, fc.uint8Array({ maxLength: 40 }), (frames, rest) => {
      const bytes = Buffer.concat([written(frames), rest])
      expect(framesIn(bytes).slice(0, frames.length).map(plain)).toEqual(frames.map(expected))
    }),
  )
})

test('a changed byte costs its own frame, a cut those behind it', () => {
  fc.assert(
    fc.property(anyFrames, fc.nat(), fc.integer({ min: 1, max: 255 }), (frames, place, change) => {
      const bytes = written(frames)
      const at = place % bytes.length
      const ends = frames.map((_, index) => written(frames.slice(0, index + 1)).length)
      const hit = ends.findIndex((end) => at < end)
      bytes[at] = (bytes[at] ?? 0) ^ change
      const left = framesIn(bytes).map(plain)
      expect(left).toEqual(expect.arrayContaining(frames.filter((_, index) => index !== hit).map(expected)))
      expect(framesIn(written(frames).subarray(0, at)).length).toBe(hit)
    }),
  )
})

test('garbage holds no frame and throws nothing', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => framesIn(Buffer.from(bytes)).length === 0))
})
