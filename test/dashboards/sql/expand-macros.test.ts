import { expect, test } from 'vitest'
import { expandMacros } from '../../../dashboards/src/sql/expand-macros.ts'

const view = { fromMs: 60_500, toMs: 120_000, intervalSeconds: 10, variables: { service: ["o'hara"], pool: [], search: 'x' } }

test('macros and variables become what Grafana sends', () => {
  expect(expandMacros('SELECT $__interval_s WHERE $__timeFilter_ms(Time) AND Minute >= toStartOfMinute($__fromTime)', view)).toBe(
    'SELECT 10 WHERE Time >= fromUnixTimestamp64Milli(60500) AND Time <= fromUnixTimestamp64Milli(120000) AND Minute >= toStartOfMinute(toDateTime(60))',
  )
  expect(expandMacros('$__conditionalAll(a IN (${service:singlequote}), $service)', view)).toBe("a IN ('o\\'hara')")
  expect(expandMacros('$__conditionalAll(a IN (${pool:singlequote}), $pool)', view)).toBe('1=1')
})

test('what is not known is said', () => {
  for (const sql of ['$__nothing(a)', '${other:singlequote}', '$__timeFilter_ms(a'])
    expect(() => expandMacros(sql, view)).toThrow(expect.objectContaining({ code: 'SPY_TEMPLATE_VALUE_MISSING' }))
})
