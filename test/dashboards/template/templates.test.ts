import { expect, test } from 'vitest'
import { createTemplates } from '../../../dashboards/src/template/templates.ts'

test('a missing value is an error and not an empty place', () => {
  const templates = createTemplates([])
  expect(() => templates.render('provisioning/dashboards.yaml.hbs', {})).toThrow(
    expect.objectContaining({ code: 'SPY_TEMPLATE_VALUE_MISSING' }),
  )
})

test('a missing template is an error with its name', () => {
  expect(() => createTemplates([]).render('provisioning/none.hbs', {})).toThrow(
    expect.objectContaining({ code: 'SPY_TEMPLATE_UNREADABLE' }),
  )
})

test('values are quoted, and a dollar sign is doubled where Grafana expands variables', () => {
  const text = createTemplates([]).render('provisioning/dashboards.yaml.hbs', { dashboardsPath: '/a "b" $HOME' })
  expect(text).toContain(String.raw`path: "/a \"b\" $$HOME"`)
})
