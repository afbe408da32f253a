import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadRecordings, parseRecordings, SHIPPED_RULES, shippedRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { requireTool } from '../support/require-tool.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['--conditions=spyglass-source', join(ROOT, 'collector/src/rules-test-main.ts'), ...args], {
    encoding: 'utf8',
  })

test('every shipped rule has an incident on which it fires and one on which it must not', () => {
  for (const rule of shippedRules()) {
    const fires = new Set(loadRecordings(SHIPPED_RULES, rule).map((recording) => recording.fires.length > 0))
    expect([rule.name, fires]).toEqual([rule.name, new Set([true, false])])
  }
})

test('all engines fire and clear together on every recorded incident of the shipped rules', (context) => {
  requireTool(context, 'promtool')
  const { status, stdout, stderr } = run()
  expect(stderr).toBe('')
  expect(
    stdout.split('\n').filter((line) => line.startsWith('  wrong') || line.startsWith('      ') || line.startsWith('  not tested')),
  ).toEqual([])
  expect(status).toBe(0)
})

const RULE = `name: LoopSlow
severity: warning
when:
  threshold: { value: eventLoop.delayP99, above: 200 ms }
text: The loop of {process} is slow
help: Look.
`
const recording = (fires: string) => `
- it: a slow minute
  lasts: 3m
  resources:
    eventLoop process=shop-1: { delayP99: { 0s: 20 ms, 1m: 300 ms, 2m: 20 ms } }
  fires: ${fires}
`

test('an own rule is tested on what was recorded beside it', () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'recorded'))
  const file = join(folder, 'recorded/loop-slow.yaml')
  writeFileSync(join(folder, 'a.yaml'), RULE)
  const tested = (fires: string) => {
    writeFileSync(file, recording(fires))
    return run('LoopSlow', '--rules', folder, '--without-prometheus')
  }
  expect(tested('1m..2m')).toMatchObject({ status: 0, stdout: expect.stringContaining('  good   1m..2m: a slow minute') as string })
  expect(tested('1m30s..2m')).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('it fires 1m..2m and not 1m30s..2m: at 1m they are more than 10s apart') as string,
  })
  writeFileSync(file, 'a: 1')
  expect(run('LoopSlow', '--rules', folder)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('SPY_RECORDING_INVALID') as string,
  })
  writeFileSync(join(folder, 'b.yaml'), 'name: x')
  expect(run('--rules', folder)).toMatchObject({ status: 1, stderr: expect.stringContaining('SPY_RULES_TEST_WRONG') as string })
  expect(run('Nothing')).toMatchObject({ status: 1, stderr: expect.stringContaining('SPY_RULES_TEST_ARGUMENTS') as string })
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--without-prometheus') as string })
})

/** A block of YAML in the guide to paging. */
function blockIn(guide: string, begin: string): string {
  const block = guide.split('```yaml\n').find((part) => part.startsWith(begin)) ?? ''
  return block.slice(0, block.indexOf('```'))
}

test('the rule of the guide and what was recorded for it are as the guide says', (context) => {
  requireTool(context, 'promtool')
  const guide = readFileSync(join(ROOT, 'docs/how-to/paging.md'), 'utf8')
  const folder = tempFolder()
  mkdirSync(join(folder, 'recorded'))
  writeFileSync(join(folder, 'descriptors-high.yaml'), blockIn(guide, 'name: DescriptorsHigh'))
  writeFileSync(join(folder, 'recorded/descriptors-high.yaml'), blockIn(guide, '- it: a client'))
  const { status, stdout } = run('DescriptorsHigh', '--rules', folder)
  expect([status, stdout]).toEqual([0, expect.stringContaining('2 of 2 recordings of 1 rules')])
  expect(parseRecordings(blockIn(guide, '- it: a database')).mistakes).toEqual([])
})

test('without promtool it is said what is missing', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--conditions=spyglass-source', join(ROOT, 'collector/src/rules-test-main.ts'), 'StoreStuck'],
    { encoding: 'utf8', env: { ...process.env, PATH: '/nowhere' } },
  )
  expect([status, stderr]).toEqual([1, expect.stringContaining('SPY_PROMTOOL_MISSING')])
})
