/** A vitest reporter that writes the run's summary to the file of test-summary.ts. */
import type { Reporter } from 'vitest/node'
import { writeSummary } from './test-summary.ts'

export default class SummaryReporter implements Reporter {
  onTestRunEnd(...[modules, unhandledErrors]: Parameters<NonNullable<Reporter['onTestRunEnd']>>): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test, result: test.result() })))
    const failedTests = tests.filter(({ result }) => result.state === 'failed').length
    // A module that could not be loaded, or a hook that failed, has no failed test to be counted by.
    const failedModules = modules.filter(
      (module) => module.state() === 'failed' && !tests.some((each) => each.module === module && each.result.state === 'failed'),
    ).length
    writeSummary({
      passed: tests.filter(({ result }) => result.state === 'passed').length,
      failed: failedTests + failedModules + unhandledErrors.length,
      skipped: tests
        .filter(({ result }) => result.state === 'skipped' || result.state === 'pending')
        .map(({ module, test, result }) => ({
          name: `${module.relativeModuleId}: ${test.fullName}`,
          reason: (result.state === 'skipped' && result.note) || 'no reason given',
        })),
    })
  }
}
