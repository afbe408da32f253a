import { openApiDocument } from '@spyglass/process/administration-api'
import { formatName } from '@spyglass/process/settings'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type ApiDocument,
  below,
  isList,
  isSection,
  partsOf,
  resolved,
  roots,
  settingSchema,
  templateOf,
} from '../../../../../collector/src/console/browser/administration/api-document.ts'
import { textOf } from '../../../../../collector/src/console/browser/administration/typed-text.ts'

const document = openApiDocument({ prefix: '/x' }) as unknown as ApiDocument

test('names come apart as the server puts them together', () => {
  const parts = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(parts, (each) => {
      expect(partsOf(formatName(each))).toEqual(each)
    }),
  )
})

test('sections, lists and kinds with operations are offered, and what is below them is told apart', () => {
  expect(roots(document)).toEqual(expect.arrayContaining(['server', 'applications', 'logs', 'snmp', 'resources/instance']))
  expect(roots(document)).not.toContain('settings')
  const inside = Object.fromEntries(below(document, '/applications/{name}'))
  expect(Object.keys(inside)).toEqual(expect.arrayContaining(['reload', 'rollback', 'versions', 'undeploy']))
  expect(Object.values(Object.fromEntries(below(document, '/snmp'))).some(isList)).toBe(true)
  expect(
    Object.entries(inside)
      .filter(([, item]) => isSection(item) || isList(item))
      .map(([name]) => name),
  ).not.toContain('rollback')
})

test('an address finds its path; a literal part wins over a parameter', () => {
  expect(templateOf(document, ['applications', 'shop', 'rollback'])).toBe('/applications/{name}/rollback')
  expect(templateOf(document, ['server', 'deploy'])).toBe('/server/deploy')
  expect(templateOf(document, ['resources', 'instance', 'a/b'])).toBe('/resources/instance/{name}')
  expect(templateOf(document, ['nothing', 'at', 'all'])).toBeUndefined()
})

test('the schema of a setting is found through sections within sections', () => {
  const group = resolved(document, document.paths['/logs']?.patch?.requestBody?.content['application/json']?.schema)
  expect(settingSchema(document, group, ['access', 'format'])).toMatchObject({
    enum: expect.arrayContaining(['combined']) as string[],
    default: 'json',
  })
  expect(settingSchema(document, group, ['level']).description).toBe('Level of the server log.')
})

test.for([
  [undefined, {}, ''],
  [null, {}, ''],
  ['shop', {}, 'shop'],
  [false, {}, 'false'],
  [3, {}, '3'],
  [['a', 'b'], {}, 'a,b'],
  [['a,b'], {}, '["a,b"]'],
  [{ A: '1' }, {}, '{"A":"1"}'],
  ['hidden', { writeOnly: true }, ''],
] as const)('%j is typed as it is shown: %j %j', ([value, schema, text]) => {
  expect(textOf(value, schema)).toBe(text)
})

test('properties beside a reference are added to those that it leads to', () => {
  const components = { schemas: { entry: { type: 'object', properties: { name: { type: 'string' } } } } }
  const lists = { members: { type: 'array', items: { $ref: '#/components/schemas/entry' } } }
  const expected = { type: 'object', properties: { name: { type: 'string' }, ...lists } }
  expect(resolved({ components }, { allOf: [{ $ref: '#/components/schemas/entry' }], properties: lists })).toEqual(expected)
  expect(resolved({ components }, { $ref: '#/components/schemas/entry', properties: lists })).toEqual(expected)
})
