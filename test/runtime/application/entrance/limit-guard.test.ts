import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { passAll, type Passing } from '../../../../runtime/src/application/entrance/guard.ts'
import { LimitGuard } from '../../../../runtime/src/application/entrance/limit-guard.ts'
import type { RateLimit } from '../../../../runtime/src/rate-limit/index.ts'
import { openLimit } from '../../rate-limit/fixture.ts'

function passingOf(url: string, remoteAddress = '192.0.2.7') {
  const told: Record<string, string>[] = []
  const refused: string[] = []
  const request = { url, headers: {}, socket: Object.assign(new Socket(), {}) } as unknown as IncomingMessage
  Object.defineProperty(request.socket, 'remoteAddress', { value: remoteAddress })
  return {
    told,
    refused,
    request,
    url,
    wholeUrl: url,
    contextPath: '',
    tell: (fields: object) => void told.push({ ...fields }),
    refuse: (reason: string) => void refused.push(reason),
  }
}

function guardsOf(limits: readonly RateLimit[]) {
  const guards = limits.map((limit) => new LimitGuard(limit))
  return { pass: (passing: Passing) => passAll(guards, passing) }
}

test('paths are limited by whole segments, all limits hold, and each is told', () => {
  const limits = guardsOf([
    openLimit({ name: 'api', paths: ['/api'], max: 1 }).limit,
    openLimit({ name: 'all', paths: ['/'], max: 3 }).limit,
  ])
  const outcome = (url: string) => {
    const passing = passingOf(url)
    return [limits.pass(passing), passing.refused[0]]
  }
  expect(['/api/a', '/api/b', '/apis', '/x', '/y', '/y'].map(outcome)).toEqual([
    [true, undefined],
    [false, 'rate_limited'],
    [true, undefined],
    [true, undefined],
    [false, 'rate_limited'],
    [false, 'rate_limited'],
  ])
})

test('another spelling of a path is counted with it', () => {
  const { limit } = openLimit({ paths: ['/login'], max: 3 })
  const limits = guardsOf([limit])
  const passes = ['/login', '/LOGIN', '/%6cogin', '//login', '/login;x', '/other'].map((url) => limits.pass(passingOf(url)))
  expect(passes).toEqual([true, true, true, false, false, true])
  limit.configure({ ...limit.config, paths: ['/Other'] })
  expect([limits.pass(passingOf('/login')), limits.pass(passingOf('/other'))]).toEqual([true, false])
})

test('an address that is denied gets nothing at all; one that is exempt is not limited', () => {
  const { limit } = openLimit({ paths: ['/api'], max: 1, deny: ['198.51.100.0/24'], exempt: ['192.0.2.7'] })
  const limits = guardsOf([limit])
  const denied = passingOf('/elsewhere', '198.51.100.9')
  expect([limits.pass(denied), denied.refused]).toEqual([false, ['address_denied']])
  for (let i = 0; i < 3; i++) expect(limits.pass(passingOf('/api'))).toBe(true)
})

test('one that has to be asked about is decided later', async () => {
  const { limit } = openLimit({ max: 1 })
  limit.challenge = async () => await Promise.resolve(false)
  const limits = guardsOf([limit, openLimit({ name: 'second' }).limit])
  expect(limits.pass(passingOf('/'))).toBe(true)
  const refused = passingOf('/')
  expect([await limits.pass(refused), refused.refused, refused.told]).toEqual([false, ['rate_limited'], []])
})
