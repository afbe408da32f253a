import { everyRawSql } from '@spyglass/dashboards'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContractDatabase, openContractDatabase } from '../../support/contract-database.ts'
import { expandMacros, type GrafanaView } from '../../../dashboards/src/sql/expand-macros.ts'
import { MINUTE, RED_COLUMNS, released, sampleInserts, trendInserts } from '../sample-rows.ts'

const all: GrafanaView = {
  fromMs: MINUTE - 600_000,
  toMs: MINUTE + 600_000,
  intervalSeconds: 60,
  variables: { service: [], instance: [], pool: [], search: '', traceId: 't1' },
}
const chosen: GrafanaView = {
  ...all,
  variables: { service: ['shop'], instance: ['http-1', "o'hara"], pool: ['shop'], search: '连接池', traceId: 't1' },
}

/** Some rules compare with the day before; what was exported longer than a minute ago is gone for the others. */
function viewOf(view: GrafanaView, { place, rawSql }: { readonly place: string; readonly rawSql: string }): GrafanaView {
  if (!place.startsWith('rule ')) return view
  return { ...view, fromMs: view.fromMs - 86_400_000, toMs: rawSql.includes('otel_metrics_') ? MINUTE + 30_000 : view.toMs }
}

/** Columns that a panel looks for, by the format of its query. */
const columnsByFormat: Readonly<Record<number, readonly string[]>> = {
  0: ['time'],
  1: [],
  2: ['timestamp', 'body'],
  3: ['traceID', 'spanID', 'parentSpanID', 'serviceName', 'operationName', 'startTime', 'duration'],
}

const RELEASES = [
  released('shop', '1.0', { minute: 1, requests: 100, ms: 50 }),
  released('shop', '1.1', { minute: 2, requests: 100, ms: 90 }),
  released('shop', '0.9', { minute: -1440, requests: 900, ms: 50 }),
  released('shop', '1.1', { minute: 6, requests: 900, ms: 3000 }),
]

let database: ContractDatabase
beforeAll(() => {
  database = openContractDatabase()
})
afterAll(() => database.close())

describe('on empty tables', () => {
  test.each(everyRawSql())('$place runs', ({ rawSql }) => {
    expect(() => database.query(expandMacros(rawSql, all))).not.toThrow()
  })
})

describe('on rows of every table', () => {
  beforeAll(() =>
    [...sampleInserts, ...trendInserts, `INSERT INTO red_1m (${RED_COLUMNS}) VALUES ${RELEASES.join(', ')}`].forEach((sql) =>
      database.run(sql),
    ),
  )

  test.each(everyRawSql())('$place finds rows, for all and for those chosen', ({ rawSql, format, place }) => {
    for (const view of [all, chosen]) {
      const rows = database.query(expandMacros(rawSql, viewOf(view, { place, rawSql })))
      expect(rows).not.toHaveLength(0)
      expect(Object.keys(rows[0]!)).toEqual(expect.arrayContaining([...columnsByFormat[format]!]))
    }
  })

  test.each(everyRawSql().filter(({ place }) => place.startsWith('rule ')))(
    '$place gives one number beside its labels',
    ({ rawSql, place }) => {
      const rows = database.query(expandMacros(rawSql, viewOf(all, { place, rawSql })))
      const numbers = rows.map((row) => Object.values(row).filter((value) => typeof value !== 'string'))
      expect(numbers.filter(([number]) => number !== null)).not.toHaveLength(0)
      for (const own of numbers) expect(own).toEqual([expect.toSatisfy((value: number | null) => value === null || value > 0)])
    },
  )
})
