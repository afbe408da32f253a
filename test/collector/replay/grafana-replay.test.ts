import { alertRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { GrafanaReplay } from '../../../collector/src/replay/grafana-replay.ts'
import type { Row } from '../../../collector/src/query/index.ts'

const rule = { ...alertRules().find(({ name }) => name === 'EventLoopBlocked')!, for: '20s', keepFor: '20s' }

/** How many alerts fire, look by look, ten seconds apart, for these numbers of one resource. */
async function firing(numbers: readonly (number | 'missing' | null)[]): Promise<readonly number[]> {
  let rows: readonly Row[] = []
  const replay = new GrafanaReplay(rule, async () => rows)
  const counts: number[] = []
  for (const [at, number] of numbers.entries()) {
    rows = number === 'missing' ? [] : [{ process: 'shop-1', value: number }]
    counts.push(await replay.look(at * 10_000))
  }
  return counts
}

test('an alert fires when its condition has held, and resolves when it has stayed away', async () => {
  expect(await firing([0, 1, 1, 1, 0, 0, 0])).toEqual([0, 0, 0, 1, 1, 1, 0])
  expect(await firing([1, 1, 0, 1, 1, 1])).toEqual([0, 0, 0, 0, 0, 1])
  expect(await firing([1, 1, 1, null, 1])).toEqual([0, 0, 1, 1, 1])
})

test('a series that is missing is gone at the second look', async () => {
  expect(await firing([1, 1, 1, 'missing', 'missing', 1])).toEqual([0, 0, 1, 1, 0, 0])
})

test('the query is asked over the range of the rule, and each set of labels is an alert', async () => {
  const asked: string[] = []
  const replay = new GrafanaReplay({ ...rule, for: '0s' }, async (sql) => {
    asked.push(sql)
    return [
      { process: 'a', value: 1 },
      { process: 'b', value: 2 },
    ]
  })
  expect(await replay.look(120_000)).toBe(2)
  expect(asked[0]).toContain('fromUnixTimestamp64Milli(60000)')
})
