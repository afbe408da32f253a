import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Change, lineOf, readLines, readLog } from '../../../runtime/src/change-log/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function reader() {
  const read: Change[] = []
  return { read, carryOut: (change: Change) => read.push(change) > 0 }
}

const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)))

test('what is written as lines is read again, in parts of any size; an unfinished last line is no damage', () => {
  const file = join(tempFolder(), 'jobs.1')
  fc.assert(
    fc.property(fc.array(fc.array(json)), fc.integer({ min: 1, max: 200 }), fc.nat(8), (all, partBytes, cut) => {
      const bytes = Buffer.from(all.map(lineOf).join('') + lineOf(['x', 'unfinished']).slice(0, cut))
      writeFileSync(file, bytes)
      const { read, carryOut } = reader()
      expect([readLog(file, carryOut, partBytes), read]).toEqual([0, all])
    }),
    { numRuns: 50 },
  )
})

test('a flipped bit costs its own line alone', () => {
  fc.assert(
    fc.property(fc.array(fc.array(json), { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(7), (all, place, bit) => {
      const lines = all.map((change) => Buffer.from(lineOf(change)))
      const at = place % lines.length
      const line = lines[at]!
      const flipped = line[place % (line.length - 1)]! ^ (1 << bit)
      fc.pre(flipped !== 0x0a)
      line[place % (line.length - 1)] = flipped
      const { read, carryOut } = reader()
      expect(readLines(Buffer.concat(lines), carryOut)).toBe(1)
      expect(read).toEqual(all.filter((_, i) => i !== at))
    }),
  )
})

test('bytes of any kind are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      const { read, carryOut } = reader()
      readLines(Buffer.from(noise), carryOut)
      expect(read).toEqual([])
    }),
  )
})
