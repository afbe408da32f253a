import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PathGroups, groupOf } from '../../../agent/src/recorder/path-group.ts'

test.each([
  ['/', '/'],
  ['/orders', '/orders'],
  ['/orders/42', '/orders/{id}'],
  ['/orders/2026-11-27/', '/orders/{id}/'],
  ['/v1/users/3f2504e0-4f89-11d3-9a0c-0305e82c3301/cart', '/v1/users/{uuid}/cart'],
  ['/blobs/9f86d081884c7d659a2feaa0c55ad015', '/blobs/{hash}'],
  ['/reset/eyJhbGciOiJIUzI1NiJ9.abc', '/reset/{token}'],
  ['/of/jane@example.org', '/of/{value}'],
  ['/of/%6A%61', '/of/{value}'],
  ['/assets/app.min.js', '/assets/app.min.js'],
  ['/deadbeef/facade', '/deadbeef/facade'],
  ['*', ''],
  ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/*'],
])('%s is named %s', (path, name) => expect(groupOf(path)).toBe(name))

test('no identifier of any length leaves a name of its own, and a process has at most 200 names', () => {
  const groups = new PathGroups()
  const seen = new Set<string>()
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uuid(),
        fc.nat().map(String),
        fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 8 }).map((hex) => `1${hex}`),
      ),
      (id) => {
        expect(groupOf(`/things/${id}/parts`)).toMatch(/^\/things\/\{(uuid|id|hash|token|value)\}\/parts$/)
      },
    ),
  )
  fc.assert(
    fc.property(fc.webPath(), (path) => {
      const name = groups.of(path)
      expect(groups.of(path)).toBe(name)
      expect(name.length).toBeLessThanOrEqual(120)
      if (name !== '') seen.add(name)
    }),
    { numRuns: 1000 },
  )
  expect(seen.size).toBeLessThanOrEqual(200)
})
