import { expect, test } from 'vitest'
import { fitOf, packageFileOf } from '../../../agent/src/instrument/package-file.ts'

test.each([
  ['file:///app/node_modules/pg/lib/client.js', 'pg', 'lib/client.js'],
  ['file:///app/node_modules/pg/lib/client.js?namespace=17', 'pg', 'lib/client.js'],
  ['/app/node_modules/.pnpm/pg@8.1.0/node_modules/pg/lib/client.js', 'pg', 'lib/client.js'],
  ['/app/node_modules/@redis/client/dist/index.js', '@redis/client', 'dist/index.js'],
  ['C:\\app\\node_modules\\pg\\lib\\client.js', 'pg', 'lib/client.js'],
])('%s is a file of a package', (place, name, path) => {
  expect(packageFileOf(place)).toMatchObject({ package: name, path })
})

test.each(['file:///app/src/main.ts', '/app/node_modules/pg', 'node:fs', ''])('%j is none', (place) => {
  expect(packageFileOf(place)).toBeUndefined()
})

test('a version is compared by its numbers, and an unknown one is tried', () => {
  const range = ['2.3.0', '4.0.0'] as const
  const fits = ['2.2.9', '2.3.0', '3.10.1', '4.0.0', '4.0.0-beta.1', '10.0.0', undefined].map((version) => fitOf(version, range))
  expect(fits).toEqual(['too old', 'recorded', 'recorded', 'too new', 'too new', 'too new', 'recorded'])
  expect(fitOf('0.1.0', undefined)).toBe('recorded')
})
