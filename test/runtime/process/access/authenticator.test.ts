import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { roles } from '@spyglass/agent/contract'
import {
  type Authenticator,
  changeIdentities,
  createAuthenticator,
  createGuessDelay,
  hashPassword,
  type Identities,
  identityReader,
  isPasswordOf,
  mayAct,
  newToken,
  nobody,
  ownCredentials,
  parseIdentities,
  parseToken,
  type Principal,
  proofOf,
  type Token,
  withoutToken,
  withoutUser,
  withPassword,
  withToken,
  withUser,
} from '@spyglass/process/access'
import { beforeAll, expect, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'

/** Cost of the hashes here: that of real ones would take seconds. */
const CHEAP = 1024
const NOW = 1_800_000_000_000
const secrets = {
  console: { user: 'admin', password: 'console-password' },
  clickhouse: { reader: { user: 'spyglass_ro', password: 'reader-password' } },
  otlp: { token: 't'.repeat(43) },
  internal: { token: 'internal-token' },
}
const made = newToken()
const token: Token = { id: made.id, name: 'ci', role: 'operator', hash: made.hash, created: NOW, createdBy: 'admin', expires: NOW + 1000 }
let identities: Identities
beforeAll(async () => {
  const user = {
    name: 'müller',
    role: 'viewer',
    password: await hashPassword('correct horse', CHEAP),
    created: NOW,
    createdBy: 'admin',
  } as const
  identities = withToken(withUser(nobody, user), token)
})

const guesses = (seconds = 0) => ({
  asked: [] as string[],
  async afterWrong({ user }: { user: string }) {
    this.asked.push(user)
    return seconds
  },
})
const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

function authenticator(port: 'console' | 'store' | 'otlp' = 'console', now = NOW, seconds = 0): Authenticator {
  return createAuthenticator({
    own: ownCredentials(port, secrets),
    identities: () => identities,
    guesses: guesses(seconds),
    now: () => now,
  })
}

const admit = (authorization: string | undefined, by = authenticator()) => by.admit(proofOf(authorization), { address: '127.0.0.1' })

test('users, tokens and the credentials of secrets.yaml are known, each with its role', async () => {
  expect(await admit(basic('admin', 'console-password'))).toEqual({
    principal: { actor: 'admin', role: 'administrator', source: expect.any(String) as string },
  })
  expect(await admit(basic('müller', 'correct horse'))).toEqual({
    principal: { actor: 'müller', role: 'viewer', source: expect.any(String) as string },
  })
  expect(await admit(`Bearer ${made.text}`)).toEqual({
    principal: { actor: 'token ci', role: 'operator', source: expect.any(String) as string },
  })
  expect(await admit(basic('anything', made.text))).toEqual({
    principal: { actor: 'token ci', role: 'operator', source: expect.any(String) as string },
  })
  expect(await admit(basic('spyglass_ro', 'reader-password'), authenticator('store'))).toEqual({
    principal: { actor: 'spyglass_ro', role: 'viewer', source: expect.any(String) as string },
  })
  expect(await admit(`Bearer ${secrets.otlp.token}`, authenticator('otlp'))).toEqual({
    principal: { actor: 'otlp', role: 'operator', source: expect.any(String) as string },
  })
})

test('nothing else is', async () => {
  expect(await admit(undefined)).toEqual({ refused: 'none' })
  for (const header of [
    basic('admin', 'wrong'),
    basic('admin', ''),
    basic('müller', 'console-password'),
    basic('nobody', 'correct horse'),
    basic('spyglass_ro', 'reader-password'),
    `Bearer ${secrets.otlp.token}`,
    `Bearer ${made.text.slice(0, -1)}${made.text.endsWith('x') ? 'y' : 'x'}`,
    `Bearer spy_${'a'.repeat(10)}_${'b'.repeat(43)}`,
    'Bearer x',
  ])
    expect(await admit(header)).toEqual({ refused: 'wrong' })
})

test('what somebody came in with stays current until it is taken away or changed', async () => {
  const by = authenticator()
  const [own, user, caller] = await Promise.all([
    principalOf(basic('admin', 'console-password'), by),
    principalOf(basic('müller', 'correct horse'), by),
    principalOf(`Bearer ${made.text}`, by),
  ])
  expect([own, user, caller].map((principal) => by.isCurrent(principal))).toEqual([true, true, true])
  const known = identities
  identities = withoutToken(withPassword(identities, 'müller', await hashPassword('another horse', CHEAP)), token.id)
  expect([own, user, caller].map((principal) => by.isCurrent(principal))).toEqual([true, false, false])
  identities = known
  expect(authenticator('console', NOW + 1000).isCurrent(caller)).toBe(false)
})

async function principalOf(authorization: string, by: Authenticator): Promise<Principal> {
  const verdict = await admit(authorization, by)
  if ('principal' in verdict) return verdict.principal
  throw new Error(verdict.refused)
}

test('a token ends at its time, and a wrong guess is told to wait', async () => {
  expect(await admit(`Bearer ${made.text}`, authenticator('console', NOW + 999))).toHaveProperty('principal')
  expect(await admit(`Bearer ${made.text}`, authenticator('console', NOW + 1000))).toEqual({ refused: 'wrong' })
  expect(await admit(basic('admin', 'wrong'), authenticator('console', NOW, 7))).toEqual({ refused: 'later', seconds: 7 })
})

test('the right password never waits, however many were wrong', async () => {
  const waits: number[] = []
  const delay = createGuessDelay({ now: () => NOW, wait: async (ms) => void waits.push(ms) })
  const by = createAuthenticator({ own: ownCredentials('console', secrets), identities: () => nobody, guesses: delay })
  for (let i = 0; i < 20; i++) await admit(basic('admin', `wrong ${i}`), by)
  const before = waits.length
  expect(before).toBeGreaterThan(0)
  expect(await admit(basic('admin', 'console-password'), by)).toHaveProperty('principal')
  expect(waits).toHaveLength(before)
})

test('a hundred guesses at once keep nobody with the right password out, neither from elsewhere nor as a wrong one from the same address', async () => {
  const by = authenticator()
  const from = (address: string, password: string) => by.admit(proofOf(basic('müller', password)), { address })
  const guesses = Array.from({ length: 100 }, (_, at) => from(`2001:db8::${at.toString(16)}`, `wrong ${at}`))
  const [elsewhere, beside] = [from('192.0.2.1', 'correct horse'), from('2001:db8::ffff', 'correct horse')]
  expect(await elsewhere).toHaveProperty('principal')
  expect(await beside).toEqual({ refused: 'later', seconds: 1 })
  const refused = (await Promise.all(guesses)).map((verdict) => ('refused' in verdict ? verdict.refused : 'let in'))
  expect(new Set(refused)).toEqual(new Set(['wrong', 'later']))
  expect(await from('2001:db8::ffff', 'correct horse')).toHaveProperty('principal')
})

test('a password that was right is not hashed again, and no longer counts once it is changed', async () => {
  const by = authenticator()
  await admit(basic('müller', 'correct horse'), by)
  let isHashed = false
  const again = admit(basic('müller', 'correct horse'), by).then(() => !isHashed)
  setImmediate(() => (isHashed = true)) // a hash is made by another thread, so its result comes after this
  expect(await again).toBe(true)
  const known = identities
  identities = withPassword(identities, 'müller', await hashPassword('another horse', CHEAP))
  expect(await admit(basic('müller', 'correct horse'), by)).toEqual({ refused: 'wrong' })
  identities = known
})

test('a hash is different each time, holds for its password only, and a malformed one for none', async () => {
  const [one, other] = [await hashPassword('zwölf Boxkämpfer', CHEAP), await hashPassword('zwölf Boxkämpfer', CHEAP)]
  expect(one).not.toBe(other)
  expect(await isPasswordOf('zwo\u0308lf Boxka\u0308mpfer', one)).toBe(true)
  expect(await isPasswordOf('zwolf', one)).toBe(false)
  for (const hash of ['', 'scrypt$1', one.replace('$1024$', '$9999999$'), one.slice(0, -1)])
    expect(await isPasswordOf('', hash)).toBe(false)
})

test('a role may do what those below it may', () => {
  const allowed = roles.map((role) => roles.filter((needed) => mayAct(role, needed)))
  expect(allowed).toEqual([['viewer'], ['viewer', 'operator'], ['viewer', 'operator', 'administrator']])
})

test('names are unique and readable, and what is unknown cannot be changed', () => {
  const user = { ...identities.users[0]!, name: 'müller' }
  expect(() => withUser(identities, user)).toThrow(/already/)
  expect(() => withUser(nobody, { ...user, name: 'admin' }, ['admin'])).toThrow(/already/)
  for (const name of ['', ' ', 'a b', '-x', 'a'.repeat(65), 'a:b', 'a\nb'])
    expect(() => withUser(nobody, { ...user, name })).toThrow(/name has/)
  expect(() => withoutUser(nobody, 'x')).toThrow(/no user x/)
  expect(() => withoutToken(nobody, 'x')).toThrow(/no token x/)
  expect(withoutToken(withoutUser(identities, 'müller'), token.id)).toEqual(nobody)
})

test('tokens that have expired are forgotten when one is added', () => {
  const next = { ...token, id: 'next', created: NOW + 5000 }
  expect(withToken(identities, next).tokens.map(({ id }) => id)).toEqual(['next'])
})

test('a token is what it was made of, and no other text is one', () => {
  for (let i = 0; i < 20; i++) {
    const { text, id } = newToken()
    expect(parseToken(text)?.id).toBe(id)
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseToken(text)).toBeUndefined()
    }),
  )
})

test('what is kept is read back; anything else is refused as damage', () => {
  expect(parseIdentities(JSON.parse(JSON.stringify(identities)))).toEqual(identities)
  fc.assert(
    fc.property(fc.jsonValue(), (content) => {
      expect(() => parseIdentities(content)).toThrow()
    }),
  )
  expect(() => parseIdentities({ users: [{ ...identities.users[0], password: 'plain text' }], tokens: [] })).toThrow()
  expect(() => parseIdentities({ users: [{ ...identities.users[0], role: 'root' }], tokens: [] })).toThrow()
})

test('a reader sees a change of the file within half a second, and a damaged file lets nobody in', () => {
  const folder = join(tempFolder(), 'administration')
  mkdirSync(folder)
  const file = join(folder, 'identities.json')
  const damages: string[] = []
  let now = NOW
  const options = { file, onDamage: ({ reason }: { reason: string }) => damages.push(reason), now: () => now }
  const read = identityReader(options)
  expect(read()).toEqual(nobody)
  changeIdentities(options, (known) => withToken(known, token))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  now += 499
  expect(read()).toEqual(nobody)
  now += 1
  expect(read().tokens).toEqual([token])
  changeIdentities(options, (known) => withoutToken(known, token.id))
  now += 500
  expect(read()).toEqual(nobody)
  writeFileSync(file, 'garbage')
  writeFileSync(`${file}.previous`, 'garbage')
  now += 500
  expect(read()).toEqual(nobody)
  expect(damages).toHaveLength(1)
})
