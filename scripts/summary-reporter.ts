/** A vitest reporter that writes the run's summary to the file of test-summary.ts. */
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { type TestSummary, writeSummary } from './test-summary.ts'

type RunEnd = Parameters<NonNullable<Reporter['onTestRunEnd']>>
type Tests = readonly { readonly module: TestModule; readonly test: TestCase }[]

const SLOWEST = 15

export default class SummaryReporter implements Reporter {
  onTestRunEnd(...[modules, unhandledErrors]: RunEnd): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })))
    const failures = [
      ...tests.filter(({ test }) => test.result().state === 'failed').map(nameOf),
      ...brokenModules(modules, tests),
      ...unhandledErrors.map(({ message }) => `unhandled: ${message}`),
    ]
    writeSummary({
      passed: tests.filter(({ test }) => test.result().state === 'passed').length,
      failed: failures.length,
      failures,
      skipped: skippedOf(tests),
      slowest: slowestOf(modules),
    })
  }
}

function nameOf({ module, test }: Tests[number]): string {
  return `${module.relativeModuleId}: ${test.fullName}`
}

/** A module that could not be loaded, or a hook that failed, has no failed test to be counted by. */
function brokenModules(modules: RunEnd[0], tests: Tests): string[] {
  const named = new Set(tests.filter(({ test }) => test.result().state === 'failed').map(({ module }) => module))
  return modules.filter((module) => module.state() === 'failed' && !named.has(module)).map((module) => module.relativeModuleId)
}

function skippedOf(tests: Tests): TestSummary['skipped'] {
  return tests.flatMap((each) => {
    const result = each.test.result()
    if (result.state !== 'skipped' && result.state !== 'pending') return []
    return [{ name: nameOf(each), reason: (result.state === 'skipped' && result.note) || 'no reason given' }]
  })
}

/** Time of hooks included: the start of a suite is most of a file that starts one. */
function slowestOf(modules: RunEnd[0]): TestSummary['slowest'] {
  return modules
    .map((module) => ({ file: module.relativeModuleId, seconds: Math.round(module.diagnostic().duration / 1000) }))
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST)
}
