import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { expired, isDue, logOf, rotatedName, type RotationSettings } from '../../../runtime/src/log-rotation/rotation-plan.ts'

const settings: RotationSettings = { maxBytes: 1000, daily: true, compress: true, keepFiles: 3, keepDays: 10 }
const noon = new Date(2026, 10, 26, 12).getTime()
const at = (createdAt: number, sizeBytes = 10) => ({ createdAt, modifiedAt: createdAt, sizeBytes })

test('a log is due by its size, or when its day is over; an empty one never', () => {
  expect(isDue(at(noon, 999), settings, noon)).toBe(false)
  expect(isDue(at(noon, 1000), settings, noon)).toBe(true)
  expect(isDue(at(new Date(2026, 10, 25, 23, 59).getTime()), settings, new Date(2026, 10, 26, 0, 1).getTime())).toBe(true)
  expect(isDue(at(new Date(2026, 10, 26, 0, 0).getTime()), settings, new Date(2026, 10, 26, 23, 59).getTime())).toBe(false)
  expect(isDue(at(0, 0), settings, noon)).toBe(false)
  expect(isDue(at(0, 1e12), { ...settings, maxBytes: 0, daily: false }, noon)).toBe(false)
})

test('a rotated file has the time in its name, and never that of another', () => {
  expect(rotatedName('server.log', noon, () => false)).toBe('server.log-20261126T120000')
  expect(rotatedName('server.log', noon, (name) => name === 'server.log-20261126T120000')).toBe('server.log-20261126T120000-001')
  expect(rotatedName('server.log', noon, (name) => name === 'server.log-20261126T120000.gz')).toBe('server.log-20261126T120000-001')
  for (const name of ['server.log-20261126T120000', 'server.log-20261126T120000-001.gz']) expect(logOf(name)).toBe('server.log')
  for (const name of ['server.log', 'server.log.1', 'a-20261126T120000', 'server.log-20261126T120000.gz.part'])
    expect(logOf(name)).toBeUndefined()
})

test('the newest files are kept, up to their number and age', () => {
  const day = 86_400_000
  const files = [5, 1, 20, 2].map((days) => ({ name: rotatedName('a.log', noon - days * day, () => false), modifiedAt: noon - days * day }))
  const named = (days: number): string => rotatedName('a.log', noon - days * day, () => false)
  expect(expired(files, settings, noon)).toEqual([named(20)])
  expect(expired(files, { ...settings, keepFiles: 2 }, noon)).toEqual([named(5), named(20)])
  expect(expired(files, { ...settings, keepFiles: 0, keepDays: 0 }, noon)).toEqual([])
  expect(expired(files, { ...settings, keepFiles: 0, keepDays: 4 }, noon)).toEqual([named(5), named(20)])
})

test('names sort by time, so the oldest go first, whatever the number of files', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 30 }),
      (minutes, keepFiles) => {
        const files = minutes.map((minute) => ({ name: rotatedName('a.log', noon + minute * 60_000, () => false), modifiedAt: noon }))
        const gone = expired(files, { ...settings, keepFiles, keepDays: 0 }, noon)
        const kept = files.map(({ name }) => name).filter((name) => !gone.includes(name))
        expect(kept).toHaveLength(Math.min(keepFiles, files.length))
        expect(gone.every((name) => kept.every((other) => name < other))).toBe(true)
      },
    ),
  )
})
