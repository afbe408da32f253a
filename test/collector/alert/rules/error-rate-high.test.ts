import { expect, test } from 'vitest'
import { errorRateHigh } from '../../../../collector/src/alert/rules/error-rate-high.ts'
import type { QueryClient, Row } from '../../../../collector/src/query/index.ts'

const over = (rows: readonly Row[]): QueryClient => ({ rows: async () => rows, stop: async () => {} })

test('more than one failed request in twenty is found, by service', async () => {
  const rows = [
    { service: 'shop', requests: 200, errors: 11 },
    { service: 'blog', requests: 200, errors: 10 },
  ]
  expect(await errorRateHigh.evaluate(over(rows), Date.now())).toEqual([
    {
      resource: 'spyglass:type=Service,name=shop',
      summary: '5.5 % of the requests of shop failed: 11 of 200 in five minutes',
      attributes: { service: 'shop', requests: 200, errors: 11 },
    },
  ])
})

test('under a hundred requests nothing is found, so that one failure at night wakes nobody', async () => {
  expect(await errorRateHigh.evaluate(over([{ service: 'shop', requests: 99, errors: 99 }]), Date.now())).toEqual([])
})
