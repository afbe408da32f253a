import { expect, test } from 'vitest'
import { ErrorRows } from '../../../collector/src/rollup/error-rows.ts'
import { readNative } from '../../support/native.ts'

const origin = { minute: 1_800_000_000, server: 'a', application: 'shop', service: 's', instance: 'i', version: '1.2' }
const attributes = (fingerprint: string): Map<string, string> =>
  new Map([
    ['spyglass.error.fingerprint', fingerprint],
    ['exception.type', 'TypeError'],
    ['exception.message', 'order ? is gone'],
    ['code.file.path', 'src/orders.ts'],
    ['code.line.number', '41'],
    ['code.function.name', 'load'],
  ])
const rowsOf = (rows: ErrorRows): Record<string, unknown>[] => rows.finish().flatMap((block) => readNative(block.encode('b')))

test('an error is a row for each minute and version, with the sum of its counts as weight', () => {
  const rows = new ErrorRows()
  rows.add(origin, attributes('f1'), 3)
  rows.add(origin, attributes('f1'), 4)
  rows.add({ ...origin, version: '1.3' }, attributes('f1'), 1)
  const common = { Minute: 1_800_000_000, ServiceName: 's', Instance: 'i', Fingerprint: 'f1', Server: 'a', Application: 'shop' }
  const what = { Type: 'TypeError', Message: 'order ? is gone', Location: 'src/orders.ts:41', Function: 'load' }
  expect(rowsOf(rows)).toMatchObject([
    { ...common, ...what, Version: '1.2', Errors: 7 },
    { ...common, ...what, Version: '1.3', Errors: 1 },
  ])
  expect(rows.finish().map(({ weight }) => weight)).toEqual([8])
  expect(rows.errors.map(({ fingerprint, version }) => [fingerprint, version])).toEqual([
    ['f1', '1.2'],
    ['f1', '1.3'],
  ])
})

test('errors without a place of their own count together, and so do those beyond the limit; none is lost', () => {
  const rows = new ErrorRows()
  rows.add(origin, new Map([['otel.metric.overflow', 'true']]), 5)
  for (let i = 0; i < 3000; i++) rows.add(origin, attributes(`f${i}`), 1)
  const found = rowsOf(rows)
  expect(found.length).toBeLessThan(2100)
  expect(found.reduce((sum, { Errors: errors }) => sum + Number(errors), 0)).toBe(3005)
  expect(Number(found.find(({ Fingerprint: name }) => name === '_other')?.['Errors'])).toBeGreaterThan(900)
  expect(rows.errors.some(({ fingerprint }) => fingerprint === '_other')).toBe(false)
})

test('nothing failed: there is no block', () => {
  expect(new ErrorRows().finish()).toEqual([])
})
