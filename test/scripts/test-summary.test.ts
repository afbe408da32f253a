import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forgetSummary, readSummary, summaryLine, writeSummary } from '../../scripts/test-summary.ts'
import { tempFolder } from '../support/temp-folder.ts'

const summary = {
  passed: 12,
  failed: 0,
  failures: [],
  skipped: [{ name: 'a', reason: 'no snmpd' }],
  slowest: [{ file: 'a.test.ts', seconds: 3 }],
}

test('a summary is read as it was written', () => {
  const file = join(tempFolder(), 'cache', 'summary.json')
  writeSummary(summary, file)
  expect(readSummary(file)).toEqual(summary)
})

test('a run that left no summary counts as a failure', () => {
  const file = join(tempFolder(), 'summary.json')
  writeSummary(summary, file)
  forgetSummary(file)
  expect(readSummary(file)).toMatchObject({ passed: 0, failed: 1 })
})

test('the line has the form that CI reads', () => {
  expect(summaryLine(summary)).toBe('12 passed, 0 failed, 1 skipped')
})
