import fc from 'fast-check'
import { codeOf } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { parseRequest, verbs } from '../../../runtime/src/administration/index.ts'

test.for([
  ['list', {}, { verb: 'list' }],
  ['get', { names: ['a'] }, { verb: 'get', names: ['a'] }],
  [
    'set',
    { values: { a: 1 }, options: { reason: 'x', until: 5, dryRun: true } },
    { verb: 'set', values: { a: 1 }, options: { reason: 'x', until: 5, dryRun: true } },
  ],
  ['create', { name: 'a.b' }, { verb: 'create', name: 'a.b', values: {} }],
  ['invoke', { name: 'a.b' }, { verb: 'invoke', name: 'a.b', arguments: {} }],
  ['history', { limit: 3, more: 1 }, { verb: 'history', limit: 3 }],
  ['undo', {}, { verb: 'undo' }],
  ['diff', { any: 1 }, { verb: 'diff' }],
] as const)('%s with %j', ([verb, fields, request]) => {
  expect(parseRequest(verb, fields)).toEqual(request)
})

test.for([
  ['get', {}],
  ['get', { names: [] }],
  ['get', { names: [1] }],
  ['set', { values: [] }],
  ['set', { values: {}, options: { until: 'soon' } }],
  ['set', { values: {}, options: { dryRun: 'yes' } }],
  ['set', { values: {}, options: { reason: 'x'.repeat(1001) } }],
  ['create', { name: '' }],
  ['delete', {}],
  ['undo', { change: 1.5 }],
  ['history', { limit: 0 }],
  ['list', { pattern: 5 }],
] as const)('%s with %j is refused', ([verb, fields]) => {
  expect(() => parseRequest(verb, fields)).toThrow(expect.objectContaining({ code: 'SPY_ADMIN_REQUEST' }))
})

test('whatever arrives is a request or is refused with a code', () => {
  const fields = fc.record(
    Object.fromEntries(
      ['pattern', 'names', 'values', 'name', 'arguments', 'options', 'limit', 'change'].map((field) => [field, fc.jsonValue()]),
    ),
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.constantFrom(...verbs), fields, (verb, given) => {
      try {
        expect(parseRequest(verb, given).verb).toBe(verb)
      } catch (error) {
        expect(codeOf(error)).toBe('SPY_ADMIN_REQUEST')
      }
    }),
  )
})
