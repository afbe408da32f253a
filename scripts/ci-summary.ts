/** The last line of `.ci/run`: what the tests came to, with one more failure for a check that did not pass. `ci-summary.ts CHECK TEST` takes exit codes. */
import { readSummary, summaryLine } from './test-summary.ts'

const [check = '1', test = '1'] = process.argv.slice(2)
const summary = readSummary()
const hidden = test !== '0' && summary.failed === 0 ? 1 : 0
const failed = summary.failed + (check === '0' ? 0 : 1) + hidden
process.stdout.write(`${summaryLine({ ...summary, failed })}\n`)
process.exitCode = failed === 0 ? 0 : 1
