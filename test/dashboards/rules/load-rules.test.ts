import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadRules, shippedRules } from '../../../dashboards/src/rules/index.ts'
import { explainRule, lintRules, listRules } from '../../../dashboards/src/rules/tell-rules.ts'
import { ROOT } from '../../support/sources.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const RULE = `name: LoopSlow
severity: warning
when:
  threshold: { value: eventLoop.delayP99, above: 200 ms }
text: The loop of {process} is slow
help: Look.
`

function ownFolder(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder()
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

test('every shipped rule is in the file of its name, with a page for the person on call that begins with it', () => {
  for (const { name, runbook } of shippedRules()) {
    const file = runbook.replace('docs/runbooks/', '').replace('.md', '.yaml')
    expect(existsSync(join(ROOT, 'dashboards/rules', file))).toBe(true)
    expect(readFileSync(join(ROOT, runbook), 'utf8')).toMatch(new RegExp(`^# ${name}\n`))
  }
})

test('every page for the person on call is about a rule, and is named in the guide to paging', () => {
  const guide = readFileSync(join(ROOT, 'docs/how-to/paging.md'), 'utf8')
  const rules = new Set([...shippedRules().map(({ name }) => name), 'PagingBroken', 'ServerDown', 'Watchdog'])
  for (const page of readdirSync(join(ROOT, 'docs/runbooks'))) {
    expect(rules).toContain(/^# (\w+)/.exec(readFileSync(join(ROOT, 'docs/runbooks', page), 'utf8'))?.[1])
    expect(guide).toContain(`(../runbooks/${page})`)
  }
})

test('own rules are read beside the shipped ones; a file that is wrong costs only itself', () => {
  const folder = ownFolder({ 'a.yaml': RULE, 'b.yaml': 'name: x', 'c.yml': RULE.replace('LoopSlow', 'PoolExhausted'), 'd.txt': 'no' })
  const { rules, wrong } = loadRules(folder, shippedRules())
  expect(rules.map(({ name }) => name)).toEqual(['LoopSlow'])
  expect(wrong.map(({ file, mistakes }) => [file, mistakes.length > 0])).toEqual([
    [join(folder, 'b.yaml'), true],
    [join(folder, 'c.yml'), true],
  ])
  expect(() => loadRules(join(folder, 'nothing'))).toThrow(expect.objectContaining({ code: 'SPY_RULES_UNREADABLE' }))
})

test('a name that two files have counts once', () => {
  const { rules, wrong } = loadRules(ownFolder({ 'a.yaml': RULE, 'b.yaml': RULE }))
  expect(rules).toHaveLength(1)
  expect(wrong[0]?.mistakes).toEqual(['name: there is a rule LoopSlow already'])
})

test('the list says of each rule what an engine cannot have, and why', () => {
  const text = listRules({ folder: ownFolder({ 'a.yaml': RULE }), json: false })
  expect(text).toMatch(/^LoopSlow +warning +own$/m)
  expect(text).toMatch(/^LatencyHigh +warning +shipped +not in Prometheus: Prometheus has no durations of services\.$/m)
  expect(text).toMatch(/^StoreStuck +critical +shipped +not in Grafana: collector\.insertLag is not in the store\.$/m)
  expect(JSON.parse(listRules({ json: true }))).toHaveLength(shippedRules().length)
})

test('the lint names every mistake with its file, and says whether there is one', () => {
  expect(lintRules({ folder: ownFolder({ 'a.yaml': RULE }), json: false })).toEqual({ isGood: true, text: '1 of 1 own rules are good\n' })
  const { isGood, text } = lintRules({ folder: ownFolder({ 'b.yaml': RULE.replace('200 ms', '5 %') }), json: false })
  expect([isGood, text]).toEqual([
    false,
    expect.stringMatching(/b\.yaml: above: "5 %" is no number with a unit of s\n0 of 1 own rules are good/),
  ])
})

test('a rule is explained as each engine has it', () => {
  const text = explainRule('EventLoopBlocked', { json: false })
  expect(text).toContain('Prometheus: spyglass_event_loop_delay_p99_seconds > 0.5')
  expect(text).toContain("MetricName = 'nodejs.eventloop.delay.p99'")
  expect(() => explainRule('Nothing', { json: false })).toThrow(expect.objectContaining({ code: 'SPY_RULE_UNKNOWN' }))
})
