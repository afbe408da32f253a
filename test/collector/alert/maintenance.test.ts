import { SpyglassConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { MaintenanceWindows } from '../../../collector/src/alert/maintenance.ts'

const windows = (...maintenance: readonly object[]) =>
  new MaintenanceWindows(
    SpyglassConfig.parse({ alerting: { maintenance: maintenance.map((one) => ({ name: 'w', ...one })) } }).alerting.maintenance,
  )
const at = (text: string): number => Date.parse(text)

test('a window is open in its hours, for what it matches', () => {
  const nightly = windows({ hours: ['sun 02:00-04:00'], timeZone: 'Europe/Berlin', matchers: ['pool=~"shop.*"'] })
  expect(nightly.isWithin({ pool: 'shop-main' }, at('2030-01-06T01:30:00Z'))).toBe(true)
  expect(nightly.isWithin({ pool: 'blog' }, at('2030-01-06T01:30:00Z'))).toBe(false)
  expect(nightly.isWithin({ pool: 'shop-main' }, at('2030-01-06T03:00:00Z'))).toBe(false)
})

test('one time, and hours until a time', () => {
  const once = windows({ from: '2030-01-31T18:00:00Z', until: '2030-01-31T20:00:00Z' })
  const times = ['2030-01-31T17:59:59Z', '2030-01-31T18:00:00Z', '2030-01-31T19:59:59Z', '2030-01-31T20:00:00Z']
  expect(times.map((time) => once.isWithin({}, at(time)))).toEqual([false, true, true, false])
  const until = windows({ hours: ['00:00-24:00'], until: '2030-01-31T18:00:00Z' })
  expect(times.map((time) => until.isWithin({}, at(time)))).toEqual([true, false, false, false])
})
