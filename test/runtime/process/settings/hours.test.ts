import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWithin, parseHours } from '@spyglass/process/settings'

const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const twoDigits = (number: number): string => String(number).padStart(2, '0')
const clock = (minute: number): string => `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`
/** 2023-01-01 was a Sunday. */
const timeOf = (day: number, minute: number): number => Date.UTC(2023, 0, 1 + day, 0, minute)

function within(text: string, day: number, minute: number): boolean {
  const hours = parseHours(text)
  return hours !== undefined && isWithin([hours], timeOf(day, minute), 'UTC')
}

test.each([
  ['mon-fri 08:00-18:00', 1, 480, true],
  ['mon-fri 08:00-18:00', 1, 1080, false],
  ['mon-fri 08:00-18:00', 6, 600, false],
  ['sat,sun 00:00-24:00', 0, 1439, true],
  ['fri-mon 10:00-11:00', 0, 600, true],
  ['22:00-06:00', 3, 359, true],
  ['22:00-06:00', 3, 360, false],
  ['sat 22:00-06:00', 0, 100, true],
  ['sat 22:00-06:00', 6, 100, false],
])('%s on day %d at minute %d: %s', (text, day, minute, expected) => {
  expect(within(text, day, minute)).toBe(expected)
})

test.each([
  '',
  'mon',
  '08:00',
  '8:00-18:00',
  '08:00-08:00',
  '08:00-24:30',
  '24:00-08:00',
  'mo 08:00-09:00',
  'mon--fri 08:00-09:00',
  '08:60-09:00',
])('%s is refused', (text) => expect(parseHours(text)).toBeUndefined())

test('hours are those of the time zone, also where the clock changes', () => {
  const hours = [parseHours('08:00-09:00')!]
  expect(isWithin(hours, Date.UTC(2026, 0, 5, 7, 30), 'Europe/Berlin')).toBe(true)
  expect(isWithin(hours, Date.UTC(2026, 6, 6, 7, 30), 'Europe/Berlin')).toBe(false)
  expect(isWithin(hours, Date.UTC(2026, 6, 6, 6, 30), 'Europe/Berlin')).toBe(true)
})

test('every minute of the week is within hours exactly when it is counted from a day on which they begin', () => {
  const minute = fc.integer({ min: 0, max: 1439 })
  fc.assert(
    fc.property(fc.subarray(names, { minLength: 1 }), minute, minute, fc.nat(10_079), (days, from, to, moment) => {
      fc.pre(from !== to)
      const length = to > from ? to - from : to - from + 1440
      const expected = days.some((day) => (moment - (names.indexOf(day) * 1440 + from) + 10_080) % 10_080 < length)
      expect(within(`${days.join(',')} ${clock(from)}-${clock(to)}`, Math.floor(moment / 1440), moment % 1440)).toBe(expected)
    }),
  )
})
