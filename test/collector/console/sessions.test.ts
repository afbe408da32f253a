import type { Principal } from '@spyglass/process/access'
import { expect, test } from 'vitest'
import { createSessions, sessionCookie, sessionIdOf } from '../../../collector/src/console/sessions.ts'

const somebody: Principal = { actor: 'anna', role: 'viewer', source: 'a hash' }

test('a session lives while it is used, ends when idle, and ends in any case', () => {
  let now = 0
  const sessions = createSessions({ lifeMs: 1000, idleMs: 300, now: () => now })
  const [used, idle] = [sessions.begin(somebody), sessions.begin(somebody)]
  for (now = 0; now < 1000; now += 200) expect(sessions.principalOf(used)).toEqual(somebody)
  expect(sessions.principalOf(idle)).toBeUndefined()
  now = 1000
  expect(sessions.principalOf(used)).toBeUndefined()
})

test('an ended session and an unknown id are not alive, and ids cannot be guessed', () => {
  const sessions = createSessions()
  const id = sessions.begin(somebody)
  sessions.end(id)
  expect(sessions.principalOf(id)).toBeUndefined()
  expect(sessions.principalOf('')).toBeUndefined()
  expect(id).toMatch(/^[\w-]{43}$/)
})

test('a thousand sessions are the most; the oldest goes first', () => {
  const sessions = createSessions()
  const first = sessions.begin(somebody)
  for (let i = 0; i < 1000; i++) sessions.begin(somebody)
  expect(sessions.principalOf(first)).toBeUndefined()
})

test('a session ends with the user or the token that it began with', () => {
  const gone = new Set<string>()
  const sessions = createSessions({ isCurrent: ({ source }) => !gone.has(source) })
  const id = sessions.begin(somebody)
  expect(sessions.principalOf(id)).toEqual(somebody)
  gone.add(somebody.source)
  expect(sessions.principalOf(id)).toBeUndefined()
  gone.clear()
  expect(sessions.principalOf(id)).toBeUndefined()
})

test('the cookie is kept from scripts and from other sites, and is found among others', () => {
  expect(sessionCookie('abc', true)).toBe('spyglass_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure')
  expect(sessionCookie('', false)).toContain('Max-Age=0')
  expect(sessionIdOf('a=1; spyglass_session=abc; b=2')).toBe('abc')
  expect(sessionIdOf('a=1')).toBe('')
  expect(sessionIdOf(undefined)).toBe('')
})
