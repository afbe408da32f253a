import { parseRecordings, shippedRules } from '@spyglass/dashboards'
import { SpyglassConfig } from '@spyglass/process/config'
import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { testRules } from '../../../collector/src/replay/test-rules.ts'

const rule = shippedRules().find(({ name }) => name === 'LatencyHigh')!
const { recordings } = parseRecordings(`
- it: a tenth of the requests is slow
  lasts: 12m
  services:
    shop GET /cart: { 0s: { requests: { 40 ms: 540, 3s: 60 } } }
  fires: 1m30s..
- it: nobody asks for anything
  lasts: 5m
`)
const options = {
  own: [],
  alerting: SpyglassConfig.parse({}).alerting,
  logger: createLogger({ process: 'test', level: 'silent' }),
  withPrometheus: false,
}

test('recordings of one store do not see each other, and an engine that cannot have the rule is named', async () => {
  const verdicts = await testRules({ ...options, tested: [{ rule, recordings: [...recordings, ...recordings.toReversed()] }] })
  expect(verdicts.map(({ fires, problems }) => [fires, problems])).toEqual([
    ['1m30s..', []],
    ['never', []],
    ['never', []],
    ['1m30s..', []],
  ])
  expect(verdicts[0]?.cannot).toEqual(['not in Prometheus: Prometheus has no durations of services'])
})

test('a recording that says otherwise than the rule is told', async () => {
  const wrong = { ...recordings[0]!, fires: [] }
  const [verdict] = await testRules({ ...options, tested: [{ rule, recordings: [wrong] }] })
  expect(verdict?.problems).toEqual([expect.stringMatching(/^it fires 1m30s\.\. and not never: at /)])
})
