import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSegment, segmentLine } from '../../../../runtime/src/management/journal/segment-lines.ts'
import { eventOf } from './events.ts'

const record = (number: number) => ({ entry: { position: number, source: 'shop-1', event: eventOf('note', number) } })
const segment = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, (_, at) => segmentLine(record(at), at)))
const positions = (bytes: Buffer) => readSegment(bytes).records.map((one) => ('entry' in one ? one.entry.position : -1))

test('what was written is read; a last line without its end was being written, and nobody was told that it is kept', () => {
  const whole = segment(3)
  expect(readSegment(whole)).toEqual({ records: [0, 1, 2].map(record), lost: 0 })
  for (const cut of [1, 5, 40]) expect(readSegment(whole.subarray(0, -cut))).toEqual({ records: [0, 1].map(record), lost: 0 })
  expect(readSegment(Buffer.alloc(0))).toEqual({ records: [], lost: 0 })
})

test('damage costs the lines it touches and no others, and is counted', () => {
  const whole = segment(6)
  const lineBytes = whole.length / 6
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= change
      const line = Math.floor(at / lineBytes)
      const isLineBreak = at % lineBytes === lineBytes - 1
      const left = positions(damaged)
      const expected = [0, 1, 2, 3, 4, 5].filter((one) => one !== line && !(isLineBreak && one === line + 1))
      expect(left).toEqual(expected)
      const { lost } = readSegment(damaged)
      if (expected.at(-1) === 5) expect(lost).toBe(6 - expected.length)
      else if (line === 5 && isLineBreak) expect(lost).toBe(0) // the end of the last line is missing
      else expect(lost).toBeGreaterThan(0) // how many is known only if a later line can be read
    }),
  )
})

test('garbage is never taken for a record', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(readSegment(Buffer.from(bytes)).records).toEqual([])
    }),
  )
})
