/**
 * `npm test`: installs the programs that tests with real peers need if it may, runs everything, and names each skipped test.
 * Arguments go to vitest: `npm test -- test/dashboards`.
 */
import { runProgram } from './run-program.ts'
import { canInstallPackages, installPackages, missingTools } from './system-packages.ts'
import { forgetSummary, readSummary, summaryLine } from './test-summary.ts'

prepareTools()
forgetSummary()
const reporters = ['--reporter=default', '--reporter=./scripts/summary-reporter.ts']
const { code } = await runProgram('vitest', ['run', ...reporters, ...process.argv.slice(2)], { inherit: true })
const summary = readSummary()
for (const { name, reason } of summary.skipped) say(`skipped: ${name} (${reason})`)
say(`slowest files: ${summary.slowest.map(({ file, seconds }) => `${file} ${seconds} s`).join(', ')}`)
for (const name of summary.failures) say(`failed: ${name}`)
const isWhole = summary.skipped.length === 0 || !process.env['CI']
if (!isWhole) say('in CI a skipped test counts as a failure')
say(summaryLine(summary))
process.exitCode = code === 0 && summary.failed === 0 && isWhole ? 0 : 1

function prepareTools(): void {
  const missing = missingTools()
  if (missing.length === 0) return
  const packages = missing.map((tool) => tool.package).join(' ')
  if (canInstallPackages()) {
    say(`installing system packages for tests with real peers (SPYGLASS_NO_APT=1 prevents it): ${packages}`)
    if (installPackages(missing)) return
    say('apt-get failed')
  }
  for (const { program, why, package: name } of missingTools())
    say(`${program} is missing (package ${name}): skipping tests that need it (${why})`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
