import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localPath, type PendingSignIn, takePending, withPending } from '../../../runtime/src/realm/pending-sign-ins.ts'

const pending = (state: string, at = 0): PendingSignIn => ({ realm: 'staff', returnTo: '/', nonce: 'n', verifier: 'v', state, at })

test('one is taken once, and the others stay', () => {
  const kept = withPending(withPending(undefined, pending('a')), pending('b'))
  const [taken, left] = takePending(kept, 'a', 1)
  expect([taken?.state, left?.map(({ state }) => state)]).toEqual(['a', ['b']])
  expect(takePending(left, 'a', 1)[0]).toBeUndefined()
  expect(takePending(left, 'b', 1)).toEqual([pending('b'), undefined])
})

test('after ten minutes it is too late, and of many the oldest are given up', () => {
  const kept = withPending(undefined, pending('a', 0))
  expect([takePending(kept, 'a', 599_999)[0]?.state, takePending(kept, 'a', 600_000)[0]]).toEqual(['a', undefined])
  let all: readonly PendingSignIn[] = []
  for (const state of 'abcdefg') all = withPending(all, pending(state))
  expect(all.map(({ state }) => state).join('')).toBe('cdefg')
})

test('what a session holds in its place is no sign-in', () => {
  for (const kept of [undefined, null, 'a', {}, 7]) expect(takePending(kept, 'a', 0)).toEqual([undefined, undefined])
})

test.each(['/', '/orders?x=1&y=//z', '/a/b#c', '/a//b', '/%2f%2fevil.example'])('%s is a path of the application', (path) =>
  expect(localPath(path)).toBe(path),
)

test.each([
  '//evil.example',
  String.raw`/\evil.example`,
  String.raw`/a\b`,
  '/\t/evil.example',
  '/\n/evil.example',
  'https://evil.example',
  'javascript:alert(1)',
  '',
  'orders',
  '/ö',
  `/${'x'.repeat(2048)}`,
])('%s leads to the root', (path) => expect(localPath(path)).toBe('/'))

test('whatever is asked for, the browser stays on its host', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((rest) => `/${rest}`),
      ),
      (given) => {
        expect(new URL(localPath(given), 'https://shop.example').origin).toBe('https://shop.example')
      },
    ),
  )
})
