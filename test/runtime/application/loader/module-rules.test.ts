import { expect, test } from 'vitest'
import { ModuleRules } from '../../../../runtime/src/application/loader/module-rules.ts'

test('a rule is for a specifier, a package with all that is in it, or a file; the first that matches counts', () => {
  const rules = new ModuleRules([
    { match: 'lodash/fp', order: 'application-first' },
    { match: 'lodash', order: 'deny' },
    { match: '@acme/*', order: 'parent-first' },
    { match: './legacy/*.js', order: 'deny' },
    { match: 'child_process', order: 'deny' },
  ])
  const orders = [
    'lodash',
    'lodash/map',
    'lodash/fp',
    'lodash-es',
    '@acme/a/b',
    './legacy/db.js',
    './legacy/db.ts',
    'node:child_process',
  ].map((name) => rules.orderOf(name))
  expect(orders).toEqual(['deny', 'deny', 'application-first', undefined, 'parent-first', 'deny', undefined, 'deny'])
})

test('packages of the server are the server’s, unless the application says otherwise; what they are built on is denied', () => {
  const rules = new ModuleRules([])
  expect(
    ['@spyglass/agent', '@spyglass/runtime/application', '@spyglass/process/config', '@spyglass/dashboards'].map((name) =>
      rules.orderOf(name),
    ),
  ).toEqual(['parent-first', 'parent-first', 'deny', undefined])
  expect(new ModuleRules([{ match: '@spyglass/agent', order: 'application-first' }]).orderOf('@spyglass/agent')).toBe('application-first')
})
