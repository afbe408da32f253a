import { expect, test } from 'vitest'
import { createSessions, sessionCookie, sessionIdOf } from '../../../collector/src/console/sessions.ts'

test('a session lives while it is used, ends when idle, and ends in any case', () => {
  let now = 0
  const sessions = createSessions({ lifeMs: 1000, idleMs: 300, now: () => now })
  const [used, idle] = [sessions.begin(), sessions.begin()]
  for (now = 0; now < 1000; now += 200) expect(sessions.isAlive(used)).toBe(true)
  expect(sessions.isAlive(idle)).toBe(false)
  now = 1000
  expect(sessions.isAlive(used)).toBe(false)
})

test('an ended session and an unknown id are not alive, and ids cannot be guessed', () => {
  const sessions = createSessions()
  const id = sessions.begin()
  sessions.end(id)
  expect(sessions.isAlive(id)).toBe(false)
  expect(sessions.isAlive('')).toBe(false)
  expect(id).toMatch(/^[\w-]{43}$/)
})

test('a thousand sessions are the most; the oldest goes first', () => {
  const sessions = createSessions()
  const first = sessions.begin()
  for (let i = 0; i < 1000; i++) sessions.begin()
  expect(sessions.isAlive(first)).toBe(false)
})

test('the cookie is kept from scripts and from other sites, and is found among others', () => {
  expect(sessionCookie('abc', true)).toBe('spyglass_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure')
  expect(sessionCookie('', false)).toContain('Max-Age=0')
  expect(sessionIdOf('a=1; spyglass_session=abc; b=2')).toBe('abc')
  expect(sessionIdOf('a=1')).toBe('')
  expect(sessionIdOf(undefined)).toBe('')
})
