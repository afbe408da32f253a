import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { parseRule, runbookOf } from '../../../dashboards/src/rules/parse-rule.ts'

const good = {
  name: 'LoopSlow',
  severity: 'warning',
  for: '90s',
  when: { threshold: { value: 'eventLoop.delayP99', above: '200 ms' } },
  text: 'slow',
  help: 'why',
}
const mistakesOf = (change: object): readonly string[] => parseRule(stringify({ ...good, ...change })).mistakes

test('a bound has the unit of its number, a time any unit', () => {
  expect(parseRule(stringify(good)).rule).toEqual({
    name: 'LoopSlow',
    severity: 'warning',
    forMs: 90_000,
    when: {
      shape: 'threshold',
      value: { of: 'eventLoop', attribute: 'delayP99' },
      take: 'last',
      overMs: 0,
      bound: { above: 0.2 },
      atLeast: 0,
    },
    text: 'slow',
    help: 'why',
    runbook: 'docs/runbooks/loop-slow.md',
  })
})

test('shares are written as shares, sizes as sizes, and counters have a window', () => {
  const whenOf = (when: object): unknown => parseRule(stringify({ ...good, when })).rule?.when
  expect(whenOf({ ratio: { of: 'v8Heap.used', to: 'v8Heap.limit', above: '90 %' } })).toMatchObject({ bound: { above: 0.9 } })
  expect(whenOf({ threshold: { value: 'v8Heap.used', below: '1 GiB' } })).toMatchObject({ bound: { below: 1024 ** 3 } })
  expect(whenOf({ threshold: { value: 'v8Heap.gcTime', take: 'rate', over: '2m', above: '20 %' } })).toMatchObject({
    overMs: 120_000,
    bound: { above: 0.2 },
  })
})

test('every mistake is named, and all of them at once', () => {
  expect(parseRule('').mistakes).toEqual(['it is not a YAML map'])
  expect(parseRule('{').mistakes[0]).toMatch(/^it is not YAML: /)
  expect(mistakesOf({ name: 'x', severity: 'bad', text: '', color: 1 })).toEqual([
    'a rule has no color; it has name, severity, for, when, text, help, runbook',
    'name: x is not of the form PoolExhausted',
    'severity: info, warning, critical',
    'text is missing',
  ])
  expect(mistakesOf({ when: { threshold: {}, ratio: {} } })).toEqual([
    'when: exactly one of threshold, state, ratio, missing, event, forecast, burn, change',
  ])
  expect(mistakesOf({ for: 'long' })).toEqual(['for: a time such as 90s, 5m or 1h'])
})

const threshold = (change: object): readonly string[] =>
  mistakesOf({ when: { threshold: { value: 'eventLoop.delayP99', above: '200 ms', ...change } } })

test('a condition that no engine could judge is a mistake', () => {
  expect(threshold({ value: 'eventLoop.nothing' })[0]).toMatch(/^value: there is no number eventLoop.nothing/)
  expect(threshold({ value: '__proto__.name' })[0]).toMatch(/^value: there is no number/)
  expect(threshold({ above: '5 %' })).toEqual(['above: "5 %" is no number with a unit of s'])
  expect(threshold({ below: '1 s' })).toEqual(['either above or below'])
  expect(threshold({ take: 'rate', over: '1m', above: '20 %' })).toEqual(['take: rate is for counters, and eventLoop.delayP99 is none'])
  expect(threshold({ value: 'instance.restarts', above: 1 })).toEqual(['take: instance.restarts is a counter: increase or rate'])
  expect(threshold({ take: 'max' })).toEqual(['over: the window of eventLoop.delayP99 is missing'])
  expect(threshold({ value: 'service.p95', above: '1 s' })).toEqual(['over: the window of service.p95 is missing'])
  expect(mistakesOf({ when: { state: { value: 'application.state', is: ['gone'] } } })[0]).toMatch(/a list of states of application.state/)
  expect(mistakesOf({ when: { event: { raise: 'spyglass.pool.leak' } } })[0]).toMatch(/is no event that begins an incident/)
  expect(mistakesOf({ when: { ratio: { of: 'instance.errors', to: 'instance.requests', above: '5 %' } } })[0]).toMatch(/is a counter/)
  expect(mistakesOf({ when: { ratio: { of: 'v8Heap.used', to: 'store.maxBytes', above: '5 %' } } })).toEqual([
    'when.ratio: both numbers are of the same kind',
  ])
  expect(mistakesOf({ when: { missing: { value: 'service.p95', for: '5m', within: '1h' } } })).toEqual([
    'when.missing.value: only service.reports can be missing',
  ])
})

test('any text gives a rule or mistakes, and never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((json) => stringify(JSON.parse(json))),
      ),
      (text) => {
        const { rule, mistakes } = parseRule(text)
        expect(rule === undefined).toBe(mistakes.length > 0)
      },
    ),
  )
})

test('the page of a rule is named after it', () => {
  expect(runbookOf('PoolExhausted')).toBe('docs/runbooks/pool-exhausted.md')
})
