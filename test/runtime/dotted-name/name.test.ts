import { kinds } from '@spyglass/mbeans/kinds'
import { matcherOf } from '@spyglass/process/settings'
import { expect, test } from 'vitest'
import { dottedName } from '../../../runtime/src/dotted-name/index.ts'

test('the name of a resource is its kind and its keys; what is special in a key is escaped', () => {
  expect(dottedName(kinds.datasource, { instance: 'http-1', name: 'shop.v2' })).toBe(String.raw`datasource.http-1.shop\.v2`)
  const name = dottedName(kinds.datasource, { instance: 'http-1', name: '*' })
  expect([matcherOf(name)(name), matcherOf(name)('datasource.http-1.shop')]).toEqual([true, false])
})
