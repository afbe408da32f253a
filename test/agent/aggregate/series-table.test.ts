import { expect, test } from 'vitest'
import { SeriesTable } from '../../../agent/src/aggregate/series-table.ts'

test('each collection holds what was recorded since the last one', () => {
  const table = new SeriesTable(10, 1000)
  table.at(['/a', 'GET', 200], () => ({ route: '/a' })).record(0.5)
  table.at(['/a', 'GET', 200], () => ({ route: 'asked twice' })).record(0.25)
  expect(table.collect(2000)).toMatchObject([
    { attributes: { route: '/a' }, count: 2, sum: 0.75, min: 0.25, max: 0.5, startMs: 1000, timeMs: 2000 },
  ])
  expect(table.collect(3000)).toEqual([])
  table.at(['/a', 'GET', 200], () => ({})).record(1)
  expect(table.collect(4000)).toMatchObject([{ attributes: { route: '/a' }, count: 1, startMs: 3000 }])
})

test('what does not fit counts in one overflow series, and nothing is lost', () => {
  const table = new SeriesTable(3, 0)
  for (let n = 0; n < 10; n++) table.at([`/${n}`, 'GET', 200], () => ({ n })).record(1)
  const points = table.collect(1)
  expect(points.length).toBe(4)
  expect(points.at(-1)).toMatchObject({ attributes: { 'otel.metric.overflow': true }, count: 7 })
  expect(points.reduce((sum, point) => sum + point.count, 0)).toBe(10)
})

test('a series that is no longer used makes room for another', () => {
  const table = new SeriesTable(1, 0)
  table.at(['/old', 'GET', 200], () => ({})).record(1)
  for (let interval = 0; interval < 31; interval++) table.collect(interval)
  expect(table.size).toBe(0)
  table.at(['/new', 'GET', 200], () => ({ route: '/new' })).record(1)
  expect(table.collect(40)).toMatchObject([{ attributes: { route: '/new' } }])
})
