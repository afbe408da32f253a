import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { Evaluator } from '../../../collector/src/alert/evaluator.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { type Finding, type RollupRule, runRule } from '../../../collector/src/alert/rollup-rule.ts'
import type { QueryClient } from '../../../collector/src/query/index.ts'

const finding: Finding = { resource: 'a:type=A', summary: 'bad', attributes: {} }
const query: QueryClient = { rows: async () => [], stop: async () => {} }

function bench() {
  let now = 1_000_000
  let found: readonly Finding[] | Error = []
  const incidents: Incident[] = []
  const told: string[] = []
  const evaluator = new Evaluator({ incidents, save: () => {}, now: () => now, onTransition: (_, to) => told.push(to) })
  const rule: RollupRule = {
    name: 'R',
    severity: 'warning',
    everyMs: 1000,
    forMs: 5000,
    settleMs: 5000,
    async evaluate() {
      if (found instanceof Error) throw found
      return found
    },
  }
  const logger = createLogger({ process: 'test', level: 'silent' })
  const look = async (next: readonly Finding[] | Error, ms = 0): Promise<void> => {
    found = next
    now += ms
    await runRule(rule, { rules: [rule], query, evaluator, logger, now: () => now })
    evaluator.tick()
  }
  return { told, look }
}

test('a finding pages when it has lasted, and resolves when it has stayed away', async () => {
  const { told, look } = bench()
  await look([finding])
  await look([finding], 4000)
  expect(told).toEqual(['pending'])
  await look([finding], 1000)
  expect(told).toEqual(['pending', 'firing'])
  await look([], 1000)
  await look([], 4000)
  expect(told).toHaveLength(2)
  await look([], 1000)
  expect(told.at(-1)).toBe('resolved')
})

test('a finding that comes back before it has settled keeps the alert firing', async () => {
  const { told, look } = bench()
  await look([finding])
  await look([finding], 5000)
  await look([], 1000)
  await look([finding], 1000)
  await look([finding], 60_000)
  expect(told).toEqual(['pending', 'firing'])
})

test('while the store is away nothing fires for want of data, and nothing resolves', async () => {
  const { told, look } = bench()
  await look([finding])
  await look([finding], 5000)
  await look(new Error('away'), 60_000)
  expect(told).toEqual(['pending', 'firing'])
})
