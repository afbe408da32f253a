import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from '../../scripts/run-program.ts'
import { readSummary } from '../../scripts/test-summary.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const REPORTER = join(ROOT, 'scripts/summary-reporter.ts')

test('a run is summed up: what passed, what failed, a file that cannot be loaded, and what was skipped with its reason', async () => {
  const folder = tempFolder()
  const head = `import { expect, test } from ${JSON.stringify(join(ROOT, 'node_modules/vitest/dist/index.js'))}\n`
  writeFileSync(
    join(folder, 'some.test.mjs'),
    `${head}test('good', () => {})\ntest('bad', () => expect(1).toBe(2))\ntest('without its tool', (context) => context.skip('no snmpd'))\ntest.todo('later')`,
  )
  writeFileSync(join(folder, 'broken.test.mjs'), 'throw new Error("cannot be loaded")')
  const file = join(folder, 'summary.json')
  const args = ['--conditions=spyglass-source', VITEST, 'run', '--root', folder, '--reporter', REPORTER]
  const { code } = await runProgram(process.execPath, args, { environment: { SPYGLASS_TEST_SUMMARY: file } })
  expect(code).toBe(1)
  const { passed, failed, failures, skipped, slowest } = readSummary(file)
  expect([passed, failed]).toEqual([1, 2])
  expect(failures).toEqual(['some.test.mjs: bad', 'broken.test.mjs'])
  expect(slowest.map(({ file }) => file).toSorted()).toEqual(['broken.test.mjs', 'some.test.mjs'])
  expect(skipped).toContainEqual({ name: 'some.test.mjs: without its tool', reason: 'no snmpd' })
  expect(skipped).toHaveLength(2)
})
