import { apiQueries, apiSql, type ApiQueryName, grafanaSql, panelQueries, parametersOf, ruleQueries } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { sqlTemplates } from '../../../dashboards/src/sql/render-sql.ts'

test('every file is a declared query, and every declared query a file', () => {
  const files = sqlTemplates().filter((name) => !name.startsWith('_'))
  expect(files).toEqual([...new Set([...apiQueries, ...panelQueries, ...ruleQueries])].sort())
})

test('a query for the API holds no macro, and one for Grafana no parameter', () => {
  for (const name of apiQueries) {
    expect(apiSql(name)).not.toContain('$')
    expect(parametersOf(grafanaSql(name))).toEqual({})
  }
})

test('parameters are listed with their types', () => {
  expect(parametersOf(apiSql('slow-requests'))).toEqual({
    from: "DateTime64(3, 'UTC')",
    to: "DateTime64(3, 'UTC')",
    service: 'String',
    route: 'String',
    keepReason: 'String',
    limit: 'UInt32',
    offset: 'UInt32',
  })
})

test('an unknown query is an error with its name', () => {
  expect(() => apiSql('nothing' as ApiQueryName)).toThrow(expect.objectContaining({ code: 'SPY_TEMPLATE_UNREADABLE' }))
})
