import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { type CookieConfig, cookieHeader, cookieValues, mayHaveCookie } from '../../../runtime/src/session/cookie.ts'

const config: CookieConfig = { name: 'visitors', sameSite: 'lax', secure: 'auto', persistent: false, idleMs: 1500 }
const request = (cookie?: string, encrypted = false): IncomingMessage =>
  ({ headers: cookie === undefined ? {} : { cookie }, socket: { encrypted } }) as unknown as IncomingMessage

test('over https the cookie is for this host and https alone, and no script reads it', () => {
  expect(cookieHeader(request('', true), config, 'v')).toBe('__Host-visitors=v; Path=/; HttpOnly; Secure; SameSite=Lax')
})

test('over http it has neither the prefix nor Secure, which browsers would refuse', () => {
  expect(cookieHeader(request(), { ...config, sameSite: 'strict', cookie: 'sid' }, 'v')).toBe('sid=v; Path=/; HttpOnly; SameSite=Strict')
})

test('a persistent cookie lives as long as the session may be idle; without a value it is removed', () => {
  expect(cookieHeader(request(), { ...config, persistent: true }, 'v')).toContain('; Max-Age=2;')
  expect(cookieHeader(request(), config, undefined)).toMatch(/^visitors=; Path=\/; Max-Age=0;/)
})

test('all cookies of the name are found among others, in their order', () => {
  expect(cookieValues(request('a=1; visitors=x;visitors=y; xvisitors=z; Visitors=q'), config)).toEqual(['x', 'y'])
  expect(cookieValues(request(), config)).toEqual([])
})

test('over https a cookie without the prefix is not accepted: another host of the domain may have set it', () => {
  expect(cookieValues(request('visitors=x', true), config)).toEqual([])
  expect(cookieValues(request('visitors=x; __Host-visitors=y', true), config)).toEqual(['y'])
})

test('a header of megabytes is not searched', () => {
  expect(cookieValues(request(`visitors=x; ${'a'.repeat(70_000)}`), config)).toEqual([])
})

test('with secure: always there is no cookie without https', () => {
  expect([
    mayHaveCookie(request(), { ...config, secure: 'always' }),
    mayHaveCookie(request('', true), { ...config, secure: 'always' }),
  ]).toEqual([false, true])
})
