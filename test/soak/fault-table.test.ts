import { expect, test } from 'vitest'
import { isClean, tableText } from './fault-table.ts'

const row = { fault: 'kill -9 of store', times: 1, acknowledged: 1234, lost: 0, doubled: 0, orphans: 0, seconds: 2.34 }

test('a row says what the fault cost, and how long it took', () => {
  expect(
    tableText([row, { ...row, seconds: undefined!, note: '3 destroyed' }])
      .split('\n')
      .slice(2),
  ).toEqual(['| kill -9 of store | 1 | 1,234 | 0 | 0 | 0 | 2.3 |', '| kill -9 of store (3 destroyed) | 1 | 1,234 | 0 | 0 | 0 | – |'])
})

test('a loss, a double or an orphan fails the soak', () => {
  expect(isClean(row)).toBe(true)
  for (const name of ['lost', 'doubled', 'orphans'] as const) expect(isClean({ ...row, [name]: 1 })).toBe(false)
})
