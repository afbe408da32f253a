/** The result of a test run as a file for scripts; vitest's own output is for people. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface TestSummary {
  readonly passed: number
  readonly failed: number
  /** Names of the tests and files behind `failed`: a log that is cut in the middle still ends with them. */
  readonly failures: readonly string[]
  /** Tests that did not run, with what they or their tool gave as the reason. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  /** The files that took longest, longest first: where the time of a run goes. */
  readonly slowest: readonly { readonly file: string; readonly seconds: number }[]
}

const FILE = process.env['SPYGLASS_TEST_SUMMARY'] ?? fileURLToPath(new URL('../.cache/test-summary.json', import.meta.url))

export function writeSummary(summary: TestSummary, file: string = FILE): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(summary))
}

/** The summary of the last run; a run that died without one counts as one failure. */
export function readSummary(file: string = FILE): TestSummary {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestSummary
  } catch {
    return { passed: 0, failed: 1, failures: ['the run ended without a summary'], skipped: [], slowest: [] }
  }
}

export function forgetSummary(file: string = FILE): void {
  rmSync(file, { force: true })
}

/** `12 passed, 0 failed, 1 skipped` */
export function summaryLine({ passed, failed, skipped }: TestSummary): string {
  return `${passed} passed, ${failed} failed, ${skipped.length} skipped`
}
