/** Sign-on over HTTP, in two applications (instances) that share their sessions, with users in a file. */
import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { hashPassword } from '@spyglass/process/access'
import { checkedSettings } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import type { AccessRule } from '../../../runtime/src/realm/index.ts'
import type { Sessions } from '../../../runtime/src/session/index.ts'
import { Realm } from '../../../runtime/src/realm/realm.ts'
import { SignInLimit } from '../../../runtime/src/realm/sign-in-limit.ts'
import type { UserSource } from '../../../runtime/src/realm/source/user-source.ts'
import { installResources, openResources, realm, type Resources } from '../../../runtime/src/resource/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { ManualClock } from '../datasource/fixture.ts'
import { accessTo, Browser, serve, startStore } from '../session/fixture.ts'

const express = createRequire(import.meta.url)('express') as () => RequestListener & { use(path: string, handler: RequestListener): void }

const rules: readonly AccessRule[] = [
  { path: '/admin/*', roles: ['administrator'] },
  { path: '/sign-in', roles: ['*'] },
  { path: '/sign-out' },
]
const password = await hashPassword('right', 1024)

async function opened(given: Readonly<Record<string, unknown>> = {}, ofSessions: Readonly<Record<string, unknown>> = {}) {
  const folder = tempFolder()
  const file = join(folder, 'staff.json')
  const write = (...users: readonly (readonly [string, ...string[]])[]): void =>
    writeFileSync(file, JSON.stringify({ users: users.map(([name, ...roles]) => ({ name, password, roles })) }))
  write(['ann', 'clerk'], ['root', 'administrator'])
  const store = await startStore(folder)
  const lines: string[] = []
  const open = async (instance: string) =>
    await openResources({
      instance,
      registry: createRegistry({ kindNamed }),
      logger: pino({}, { write: (line: string) => void lines.push(line) }),
      folder,
      sessions: accessTo(store.socket),
      resources: {
        sessions: [{ ...ofSessions, name: 'visitors' }],
        realms: [{ name: 'staff', sessions: 'visitors', file, recheckMs: 0, ...given }],
      },
    })
  const resources = [await open('shop-1'), await open('office-1')]
  const servers = await Promise.all(
    resources.map((each) => serve(application(each.get('realms', 'staff'), each.get('sessions', 'visitors')))),
  )
  return {
    write,
    lines,
    resources,
    urls: servers.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      for (const each of servers) await each.close()
      for (const each of resources) await each.close(0)
      await store.end()
    },
  }
}

const application =
  (staff: ReturnType<typeof realm>, visitors: Sessions): RequestListener =>
  (request, response) => {
    const answer = async (): Promise<string> => {
      const person = await staff.admit(request, response, rules)
      if (request.url === '/sign-out') await staff.signOut(request, response)
      if (request.url === '/cart') (await visitors.of(request, response)).data['cart'] = 1
      if (request.url !== '/sign-in') return person ? `${person.name}: ${person.roles.join()}` : 'nobody'
      const { user, password: given } = request.headers as Record<string, string>
      return (await staff.signIn(request, response, { user: parsed(user), password: parsed(given) })).name
    }
    answer().then(
      (text) => response.end(text),
      (error: { statusCode?: number; code?: string }) => {
        response.statusCode = error.statusCode ?? 500
        response.end(error.code)
      },
    )
  }

/** Forms of Express make lists and objects of some fields. */
const parsed = (field = ''): string => (/^[[{]/.test(field) ? (JSON.parse(field) as string) : field)

const signIn = (browser: Browser, url: string, user: string, given = 'right'): Promise<string> =>
  browser.get(`${url}/sign-in`, { user, password: given })

test('who signs in to one application is signed in to the other, and signed out of both', async () => {
  await using around = await opened()
  const [shop, office] = around.urls as [string, string]
  const browser = new Browser()
  expect(await browser.get(shop)).toBe('200 nobody')
  expect(await signIn(browser, shop, 'ann')).toBe('200 ann')
  expect(await browser.get(office)).toBe('200 ann: clerk')
  await browser.get(`${office}/sign-out`)
  expect(await browser.get(shop)).toBe('200 nobody')
  const told = around.lines.map((line) => JSON.parse(line) as { msg: string; user?: string })
  expect(told.map(({ msg, user }) => `${msg} ${user}`)).toEqual(['signed in ann', 'signed out ann'])
})

test('a route is for its roles: 401 without a person, 403 without the role', async () => {
  await using around = await opened()
  const [shop] = around.urls as [string]
  const [ann, root] = [new Browser(), new Browser()]
  expect(await ann.get(`${shop}/admin/users`)).toBe('401 SPY_SIGN_IN_NEEDED')
  await signIn(ann, shop, 'ann')
  await signIn(root, shop, 'root')
  expect(await ann.get(`${shop}/%61dmin`)).toBe('403 SPY_ROLE_MISSING')
  expect(await root.get(`${shop}/admin/users`)).toBe('200 root: administrator')
  expect(around.lines.filter((line) => line.includes('access refused'))).toHaveLength(2)
})

test('a rule holds within a router of Express that is mounted at its path', async () => {
  await using around = await opened()
  const [resources] = around.resources as [Resources]
  const app = express()
  app.use('/admin', application(resources.get('realms', 'staff'), resources.get('sessions', 'visitors')))
  const server = await serve(app)
  const [ann, root] = [new Browser(), new Browser()]
  await signIn(ann, around.urls[0]!, 'ann')
  await signIn(root, around.urls[0]!, 'root')
  const answers = [await new Browser().get(`${server.url}/admin/users`), await ann.get(`${server.url}/Admin/users`)]
  expect([...answers, await root.get(`${server.url}/admin/users`)]).toEqual([
    '401 SPY_SIGN_IN_NEEDED',
    '403 SPY_ROLE_MISSING',
    '200 root: administrator',
  ])
  await server.close()
})

test('a wrong password is refused and logged, without the password', async () => {
  await using around = await opened()
  const browser = new Browser()
  expect(await signIn(browser, around.urls[0]!, 'ann', 'hunter2')).toBe('401 SPY_SIGN_IN_WRONG')
  expect([around.lines.join().includes('sign-in refused'), around.lines.join().includes('hunter2')]).toEqual([true, false])
  expect(await browser.get(around.urls[0]!)).toBe('200 nobody')
})

test('the id of the session changes at sign-in: one that was planted before stays a stranger', async () => {
  await using around = await opened()
  const [shop] = around.urls as [string]
  const [browser, thief] = [new Browser(), new Browser()]
  await signIn(browser, shop, 'ann')
  thief.cookie = browser.cookie
  await signIn(browser, shop, 'root')
  expect([await browser.get(shop), await thief.get(shop)]).toEqual(['200 root: administrator', '200 nobody'])
})

test('roles that change in the file count, and one who is removed is signed out', async () => {
  await using around = await opened()
  const [shop] = around.urls as [string]
  const browser = new Browser()
  await signIn(browser, shop, 'ann')
  around.write(['ann', 'clerk', 'administrator'])
  expect(await browser.get(`${shop}/admin`)).toBe('200 ann: clerk,administrator')
  around.write(['root', 'administrator'])
  expect([await browser.get(shop), browser.cookie]).toEqual(['200 nobody', undefined])
})

test.each([
  ['{"$ne":""}', 'right'],
  ['["ann"]', 'right'],
  ['ann', '{"$ne":""}'],
  ['', ''],
])('a name or a password that is no text is a wrong one: %s %s', async (user, given) => {
  await using around = await opened()
  expect(await signIn(new Browser(), around.urls[0]!, user, given)).toBe('401 SPY_SIGN_IN_WRONG')
})

test('requests at once whose person is asked for again all succeed', async () => {
  await using around = await opened()
  const browser = new Browser()
  await signIn(browser, around.urls[0]!, 'ann')
  const answers = Array.from({ length: 12 }, async (_, at) => {
    const one = new Browser()
    one.cookie = browser.cookie
    return await one.get(around.urls[at % 2]!)
  })
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['200 ann: clerk']))
})

test('a sign-in that cannot be stored signs nobody in under the id that was there before', async () => {
  await using around = await opened({}, { maxSessions: 1 })
  const [shop] = around.urls as [string]
  const [visitor, thief] = [new Browser(), new Browser()]
  await visitor.get(`${shop}/cart`)
  thief.cookie = visitor.cookie
  expect(await signIn(visitor, shop, 'root')).toBe('503 SPY_SESSION_FULL')
  expect([await visitor.get(shop), await thief.get(`${shop}/admin`)]).toEqual(['200 nobody', '401 SPY_SIGN_IN_NEEDED'])
})

test('a module of your own is the source of users', async () => {
  const module = join(tempFolder(), 'realm.mjs')
  writeFileSync(
    module,
    `export default () => ({
      verify: async (user, password) => (password === 'open' ? { name: user, roles: ['guest'] } : undefined),
      find: async (user) => ({ name: user, roles: ['guest'] }),
    })`,
  )
  await using around = await opened({ type: 'module', module, file: undefined })
  const browser = new Browser()
  expect(await signIn(browser, around.urls[0]!, 'eve', 'open')).toBe('200 eve')
  expect(await browser.get(around.urls[1]!)).toBe('200 eve: guest')
})

test('of what a module gives only name and roles are kept, and roles that are no list let nobody in', async () => {
  const module = join(tempFolder(), 'realm.mjs')
  writeFileSync(
    module,
    `const find = async (name) => ({ name, roles: name === 'eve' ? ['guest'] : 'no administrator', realm: 'other', hash: 'secret' })
    export default () => ({ verify: find, find })`,
  )
  await using around = await opened({ type: 'module', module, file: undefined })
  const [shop] = around.urls as [string]
  const [eve, bob] = [new Browser(), new Browser()]
  expect([await signIn(eve, shop, 'eve'), await eve.get(shop)]).toEqual(['200 eve', '200 eve: guest'])
  expect(await signIn(bob, shop, 'bob')).toBe('503 SPY_REALM_FAILED')
})

/** A realm whose users all have the password `right`, with a clock of the test. */
function guessed() {
  const time = { now: 0 }
  const compared: string[] = []
  const source = {
    verify: async (user: string, given: string) => {
      compared.push(given)
      await new Promise((resolve) => setImmediate(resolve))
      return given === 'right' ? { name: user, roles: [] } : undefined
    },
    find: async () => undefined,
  }
  const session = { isAvailable: true, data: {}, regenerate: async () => {} }
  const list = [{ name: 'staff', type: 'module', module: 'realm.mjs', sessions: 'visitors', recheckMs: 0 }]
  const { realms } = checkedSettings(
    { sessions: [{ name: 'visitors' }], realms: list },
    {
      origin: 'test',
      from: '/',
    },
  )
  const settings = realms[0]!
  const made = new Realm({
    config: () => settings,
    source: () => source,
    sessions: { of: async () => session } as never,
    logger: pino({ level: 'silent' }),
    limit: new SignInLimit(() => time.now),
  })
  /** What is answered: the name, or status and seconds to wait. */
  const attempt = async (given: string, address = '1.1.1.1'): Promise<string> => {
    try {
      return (await made.signIn({ socket: { remoteAddress: address } } as never, {} as never, { user: 'ann', password: given })).name
    } catch (error) {
      const { statusCode, headers } = error as { statusCode: number; headers: Record<string, string> }
      return [statusCode, headers['retry-after']].join(' ').trim()
    }
  }
  return { time, compared, attempt }
}

test('after five wrong passwords none is compared, not even the right one, until the user has waited', async () => {
  const { time, compared, attempt } = guessed()
  for (let i = 0; i < 5; i++) expect(await attempt('wrong', `10.0.0.${i}`)).toBe('401')
  expect([await attempt('right'), await attempt('right', '10.0.0.9'), compared.length]).toEqual(['429 1', '429 1', 5])
  time.now += 1000
  expect(await attempt('right')).toBe('ann')
})

test('guesses at once, from many addresses, are compared no more often', async () => {
  const { compared, attempt } = guessed()
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => attempt('wrong', `10.0.0.${i}`)))
  expect(answers.toSorted().map((answer) => answer.slice(0, 3))).toEqual([
    ...Array.from({ length: 5 }, () => '401'),
    ...Array.from({ length: 25 }, () => '429'),
  ])
  expect(compared).toHaveLength(5)
})

test('who has signed in from there is let in at once, whatever is guessed elsewhere', async () => {
  const { attempt } = guessed()
  expect(await attempt('right')).toBe('ann')
  for (let i = 0; i < 20; i++) await attempt('wrong', `10.0.0.${i}`)
  expect([await attempt('right', '10.0.0.99'), await attempt('right')]).toEqual(['429 1', 'ann'])
})

/** A realm over one session that is no real one. */
function over(session: object, source: Partial<UserSource> = {}) {
  const list = [{ name: 'staff', type: 'module', module: 'realm.mjs', sessions: 'visitors', recheckMs: 1000 }]
  const { realms } = checkedSettings({ sessions: [{ name: 'visitors' }], realms: list }, { origin: 'test', from: '/' })
  const [settings] = realms
  const [time, clock] = [{ now: 10_000 }, new ManualClock()]
  const known = async (name: string) => ({ name, roles: ['clerk'] })
  const made = new Realm({
    config: () => settings!,
    source: () => ({ verify: known, find: known, ...source }),
    sessions: { of: async () => session } as never,
    logger: pino({ level: 'silent' }),
    now: () => time.now,
    clock,
  })
  const [request, response] = [{ socket: {} } as never, {} as never]
  return {
    time,
    clock,
    person: () => made.personOf(request, response),
    signIn: (user: string) => made.signIn(request, response, { user, password: 'right' }),
    signOut: () => made.signOut(request, response),
  }
}

/** A session that `ann` has signed in to at 10000. */
function sessionOfAnn(more: object = {}) {
  const data: Record<string, unknown> = { cart: 1, 'spyglass.signOn': { realm: 'staff', name: 'ann', roles: ['clerk'], askedAt: 10_000 } }
  const update = async (change: (state: typeof data) => void) => change(data)
  return { isAvailable: true, data, update, regenerate: async () => {}, ...more }
}

test('a source that never answers about who has signed in keeps no request', async () => {
  let asked = 0
  const around = over(sessionOfAnn(), { find: () => (asked++, new Promise(() => {})) })
  expect(await around.person()).toMatchObject({ name: 'ann' })
  around.time.now += 1000
  const late = around.person()
  await expect.poll(() => asked).toBe(1)
  around.clock.advance(30_000)
  await expect(late).rejects.toMatchObject({ code: 'SPY_REALM_FAILED', statusCode: 503 })
  expect(await around.signIn('ann')).toMatchObject({ name: 'ann' }) // its silence there says nothing of passwords
})

test('what was known at a time that is still to come, since the clock was set back, is asked for again', async () => {
  let asked = 0
  const around = over(sessionOfAnn(), { find: async () => void asked++, verify: async () => undefined })
  around.time.now -= 1
  await around.person().catch(() => {})
  expect(asked).toBe(1)
})

test('a sign-out that the store cannot be told fails, since the sign-on will count again', async () => {
  await expect(over({ isAvailable: false, data: {} }).signOut()).rejects.toMatchObject({ code: 'SPY_SIGN_IN_NO_SESSION', statusCode: 503 })
})

test('somebody else who signs in to a session finds nothing of who was there before; if that fails, nothing has changed', async () => {
  const [own, taken] = [sessionOfAnn(), sessionOfAnn()]
  await over(own).signIn('ann')
  await over(taken).signIn('bob')
  expect([own.data['cart'], taken.data['cart'], Object.keys(taken.data)]).toEqual([1, undefined, ['spyglass.signOn']])
  const full = sessionOfAnn({ regenerate: async () => Promise.reject(new Error('full')) })
  await expect(over(full).signIn('bob')).rejects.toThrow('full')
  expect(full.data).toEqual(sessionOfAnn().data)
})

test('a module that makes nothing of the kind, and sessions that are not there, fail the start', async () => {
  const module = join(tempFolder(), 'realm.mjs')
  writeFileSync(module, 'export default () => ({})')
  await expect(opened({ type: 'module', module })).rejects.toMatchObject({ code: 'SPY_REALM_MODULE' })
  await expect(opened({ sessions: 'others' })).rejects.toMatchObject({ code: 'SPY_REALM_SESSIONS' })
})

test('`realm` finds the realm of its application by its name', async () => {
  expect(() => realm('staff')).toThrow(expect.objectContaining({ code: 'SPY_REALMS_CLOSED' }))
  await using around = await opened()
  const uninstall = installResources(around.resources[0]!)
  expect(realm('staff').name).toBe('staff')
  expect(() => realm('x')).toThrow(expect.objectContaining({ code: 'SPY_REALM_UNKNOWN' }))
  uninstall()
})
