import { expect, test } from 'vitest'
import { runbookPages, runbookText } from '../../../dashboards/src/rules/runbooks.ts'

test('the pages for the person on call are there by name, and nothing else is', () => {
  expect(runbookPages()).toEqual(expect.arrayContaining(['pool-exhausted', 'paging-broken']))
  expect(runbookText('pool-exhausted')).toMatch(/^# PoolExhausted\n/)
  expect(['no-such', '../README', '..%2fREADME', ''].map(runbookText)).toEqual([undefined, undefined, undefined, undefined])
})
