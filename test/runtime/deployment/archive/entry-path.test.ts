import { isAbsolute, join, normalize } from 'node:path/posix'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryPath, staysInside } from '../../../../runtime/src/deployment/archive/entry-path.ts'

test.for([
  ['a/b.js', 'a/b.js'],
  ['./a//b/', 'a/b'],
  ['./', ''],
  ['a/...', 'a/...'],
  ['名前/файл', '名前/файл'],
] as const)('%s becomes %s', ([given, path]) => {
  expect(entryPath(given)).toEqual({ path })
})

test.for([
  '../a',
  'a/../../b',
  'a/..',
  '/etc/passwd',
  'C:/a',
  'a\\..\\b',
  'a\0b',
  'a\nb',
  'x/'.repeat(101) + 'x',
  'y'.repeat(256),
  'z/'.repeat(2001),
])('%j is refused', (given) => {
  expect(entryPath(given)).toHaveProperty('wrong')
})

test('whatever an archive says, what is unpacked lies in the folder', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', 'b', '~', 'C:'), fc.string({ maxLength: 3 }))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom('/', '\\', '//'), (parts, separator) => {
      const judged = entryPath(parts.join(separator))
      if ('wrong' in judged) return
      const place = normalize(join('/in', judged.path))
      expect(isAbsolute(judged.path)).toBe(false)
      expect(place === '/in' || place.startsWith('/in/')).toBe(true)
      expect(entryPath(judged.path)).toEqual(judged)
    }),
  )
})

test.for([
  ['node_modules/.bin/tsc', '../typescript/bin/tsc', '', true],
  ['a', '.', '', true],
  ['a', '..', '', false],
  ['a/b', '..', '', true],
  ['a/b', '../..', '', false],
  ['a/b', '/etc/passwd', '', false],
  ['a/b', '../../in-other/x', '', false],
  ['pkg/a', '../other', 'pkg', false],
  ['pkg/a', '../pkg/other', 'pkg', true],
  ['a', '', '', false],
] as const)('a link at %s to %s in "%s" stays inside: %s', ([path, target, root, stays]) => {
  expect(staysInside(path, target, root)).toBe(stays)
})
