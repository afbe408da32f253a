import { expect, test } from 'vitest'
import { limits } from '../../../collector/src/decode/limits.ts'
import { ProtoReader } from '../../../collector/src/decode/proto-reader.ts'
import { DecodeReport } from '../../../collector/src/decode/report.ts'
import { readFields, readOrReject, readOrSkip } from '../../../collector/src/decode/salvage.ts'

test('the response says how many, why, and where the first was', () => {
  const report = new DecodeReport()
  expect(report.message).toBe('')
  report.reject('too old', 'span 3')
  expect(report.message).toBe('1 rejected: 1 × too old (span 3)')
  report.reject('too old', 'span 4', 2)
  report.rejectBroken('a bad id', 'at byte 7')
  report.cut('values longer than 5 bytes')
  report.change('spans without a time')
  report.leaveOut('an attribute', 'at byte 9')
  expect(report.message).toBe(
    '4 rejected: 3 × too old (first span 3); 1 × a bad id (at byte 7). ' +
      'Stored with changes: 1 × values longer than 5 bytes were cut; 1 × spans without a time; 1 × omitted: an attribute (at byte 9)',
  )
  expect(report).toMatchObject({ rejected: 4, truncated: 1, broken: 2 })
  report.reset()
  expect(report).toMatchObject({ rejected: 0, truncated: 0, broken: 0, message: '' })
})

test('ten reasons are named, further ones together; a place has at most 200 characters', () => {
  const report = new DecodeReport()
  for (let i = 0; i < 12; i++) report.reject(`reason ${i}`)
  report.reject('reason 3')
  expect(report.message).toBe(
    `13 rejected: ${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `${i === 3 ? 2 : 1} × reason ${i}`).join('; ')}; 2 × other reasons`,
  )
  const long = new DecodeReport()
  long.reject('r', 'x'.repeat(201))
  expect(long.message).toBe(`1 rejected: 1 × r (${'x'.repeat(200)})`)
})

function setUp(hex: string, broken = 0) {
  const reader = new ProtoReader(Buffer.from(hex, 'hex'))
  const report = new DecodeReport()
  report.broken = broken
  return { reader, report, salvage: { reader, report }, end: hex.length / 2 }
}

test('fields are read up to the end; what cannot be delimited ends them, and is reported', () => {
  const { reader, report, salvage, end } = setUp('0801100218')
  const tags: number[] = []
  const whole = readFields(salvage, end, (tag) => {
    tags.push(tag)
    reader.skip(tag, end)
  })
  expect([tags, whole, report.rejected, report.broken]).toEqual([[8, 16, 24], 4, 1, 1])
  expect(report.message).toContain('the rest of a message cannot be read: an unterminated varint')
})

test('a reader that goes beyond the end of the message is broken', () => {
  const { reader, report, salvage } = setUp('08010801')
  expect(readFields(salvage, 3, (tag) => reader.skip(tag, 4))).toBe(2)
  expect(report.rejected).toBe(1)
})

test('after as many broken items as are looked at, the rest is not read', () => {
  const last = setUp('0801', limits.broken - 1)
  expect(readFields(last.salvage, 2, (tag) => last.reader.skip(tag, 2))).toBe(2)
  expect(readOrReject(last.salvage, 2, () => true)).toBe(true)
  const over = setUp('0801', limits.broken)
  let called = 0
  expect(readFields(over.salvage, 2, () => called++)).toBe(0)
  expect(over.reader.pos).toBe(2)
  expect(readOrReject(over.salvage, 2, () => ++called > 0)).toBe(false)
  readOrSkip(over.salvage, 2, 'the resource', () => void called++)
  expect([called, over.report.rejected]).toEqual([0, 2])
  expect(over.report.message).toContain('the resource skipped after 1000 malformed ones')
})

test('a malformed item is rejected, a malformed part outside items is dropped, and both readers end up after it', () => {
  const { reader, report, salvage } = setUp('08010000')
  expect(readOrReject(salvage, 2, () => reader.malformed('no id'))).toBe(false)
  expect(reader.pos).toBe(2)
  expect(readOrReject(salvage, 3, () => false)).toBe(false)
  readOrSkip(salvage, 4, 'an attribute of the resource', () => reader.malformed('no key'))
  expect([reader.pos, report.rejected, report.broken]).toEqual([4, 1, 2])
  expect(report.message).toBe(
    '1 rejected: 1 × no id (at byte 0). Stored with changes: 1 × omitted: an attribute of the resource, no key (at byte 3)',
  )
})

test('an error of ours is not blamed on the sender', () => {
  const { salvage } = setUp('0801')
  const bug = (): never => {
    throw new RangeError('a bug')
  }
  expect(() => readFields(salvage, 2, bug)).toThrow(RangeError)
  expect(() => readOrReject(salvage, 2, bug)).toThrow(RangeError)
  expect(() => readOrSkip(salvage, 2, 'x', bug)).toThrow(RangeError)
})
