import { expect, test } from 'vitest'
import { ago, bytes, count, counted, milliseconds, percent, rate } from '../../../../collector/src/console/browser/format.ts'

test('durations have about three digits and the unit that suits them', () => {
  expect([0, 0.0004, 0.084, 0.4218, 1, 12.34, 99.96, 640, 1240, 59_990, 123_000].map(milliseconds)).toEqual([
    '0 ms',
    '1 µs',
    '84 µs',
    '0.42 ms',
    '1 ms',
    '12.3 ms',
    '100 ms',
    '640 ms',
    '1.24 s',
    '59.99 s',
    '2 m 03 s',
  ])
  expect(milliseconds(Number.NaN)).toBe('–')
})

test('a figure that is not known is a dash', () => {
  for (const unknown of [undefined, null, Number.NaN])
    expect([milliseconds, ago, count, percent, bytes].map((format) => format(unknown))).toEqual(['–', '–', '–', '–', '–'])
})

test('longer times', () => {
  expect([0, 45_000, 200_000, 18_720_000, 273_600_000].map(ago)).toEqual(['0 s', '45 s', '3 m 20 s', '5 h 12 m', '3 d 4 h'])
})

test('counts, rates, shares and sizes', () => {
  expect([counted(1, 'request'), counted(0, 'request')]).toEqual(['1 request', '0 requests'])
  expect(count(10_000)).toBe('10\u202f000')
  expect([0, 0.5, 3.456, 45.67, 1000].map(rate)).toEqual(['0/s', '0.5/s', '3.46/s', '45.7/s', '1\u202f000/s'])
  expect([0, 0.0004, 0.0123, 0.5, 1].map(percent)).toEqual(['0 %', '< 0.1 %', '1.2 %', '50 %', '100 %'])
  expect([0, 1023, 1024, 96_000_000, 2 ** 40].map(bytes)).toEqual(['0 B', '1023 B', '1 KiB', '92 MiB', '1 TiB'])
})
