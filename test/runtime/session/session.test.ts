/** What a request does with its session, and what becomes of two that do something at once. Two instances are two caches over one store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Browser, type Handler, openVisitors, plain, serve, startStore, type TestStore, type Visitors } from './fixture.ts'

let folder: string
let store: TestStore
let instances: readonly [Visitors, Visitors]
const close: (() => Promise<void>)[] = []
let urls: readonly string[]
let handler: Handler

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spyglass-session-'))
  store = await startStore(folder)
  instances = [await openVisitors(store.socket), await openVisitors(store.socket, {}, 'shop-2')]
  const servers = await Promise.all(instances.map((instance) => serve(plain(instance, (...all) => handler(...all)))))
  urls = servers.map(({ url }) => url)
  close.push(...[...servers, ...instances].map((each) => () => each.close()), () => store.end())
})
afterAll(async () => {
  for (const end of close) await end()
  rmSync(folder, { recursive: true, force: true })
})

/** What a request to one of the instances does. */
async function visit(browser: Browser, at: 0 | 1, what: Handler): Promise<string> {
  handler = what
  return await browser.get(urls[at]!)
}

async function visitor(data: object = {}): Promise<Browser> {
  const browser = new Browser()
  await visit(browser, 0, (session) => void Object.assign(session.data, { user: 'ann', ...data }))
  expect(browser.cookie).toBeDefined()
  return browser
}

const dataOf = async (browser: Browser, at: 0 | 1): Promise<unknown> =>
  JSON.parse((await visit(browser, at, (session) => JSON.stringify(session.data))).slice(4))

test('what one instance has stored, the other one knows', async () => {
  const browser = await visitor({ cart: [1] })
  expect(await dataOf(browser, 1)).toEqual({ user: 'ann', cart: [1] })
})

test('a change inside a value is stored as well, and no instance answers from its old copy', async () => {
  const browser = await visitor({ cart: [1] })
  for (const at of [0, 1, 0, 1] as const) {
    await dataOf(browser, at)
    await visit(browser, at === 0 ? 1 : 0, (session) => void (session.data['cart'] as number[]).push(at))
    expect(((await dataOf(browser, at)) as { cart: number[] }).cart.at(-1)).toBe(at)
  }
})

/** Two requests that have both read the session before either stores. */
async function together(browser: Browser, one: Handler, other: Handler): Promise<readonly string[]> {
  let arrived = 0
  let go = (): void => {}
  const both = new Promise<void>((resolve) => (go = resolve))
  handler = async (session, request, response) => {
    const act = arrived++ === 0 ? one : other
    void session.data
    if (arrived === 2) go()
    await both
    return await act(session, request, response)
  }
  const [left, right] = [new Browser(), new Browser()]
  left.cookie = right.cookie = browser.cookie
  const first = left.get(urls[0]!)
  return await Promise.all([first, right.get(urls[1]!)])
}

test('two requests that change different values both succeed, and none undoes the other', async () => {
  const browser = await visitor({ a: 0, b: 0, gone: true })
  const answers = await together(
    browser,
    (session) => {
      session.data['a'] = 1
      delete session.data['gone']
    },
    (session) => void (session.data['b'] = 2),
  )
  expect(answers).toEqual(['200 ', '200 '])
  expect(await dataOf(browser, 0)).toEqual({ user: 'ann', a: 1, b: 2 })
})

test('two requests that change the same value: one is told with 409, nothing is lost silently', async () => {
  const browser = await visitor({ a: 0 })
  const before = Number(instances[0].read('conflicts')) + Number(instances[1].read('conflicts'))
  const answers = await together(
    browser,
    (session) => void (session.data['a'] = 'one'),
    (session) => void (session.data['a'] = 'other'),
  )
  expect(answers.toSorted()).toEqual(['200 ', expect.stringMatching(/^409 .*SPY_SESSION_CONFLICT/)])
  const winner = answers.indexOf('200 ')
  expect([{ a: 'one' }, { a: 'other' }]).toContainEqual({ a: ((await dataOf(browser, 0)) as { a: string }).a })
  expect([winner >= 0, Number(instances[0].read('conflicts')) + Number(instances[1].read('conflicts'))]).toEqual([true, before + 1])
})

test('update() counts correctly however many requests do so at once', async () => {
  const browser = await visitor({ count: 0 })
  handler = (session) => session.update((data) => void (data['count'] = Number(data['count']) + 1))
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      const one = new Browser()
      one.cookie = browser.cookie
      return await one.get(urls[at % 2]!)
    }),
  )
  expect(new Set(answers)).toEqual(new Set(['200 ']))
  expect(await dataOf(browser, 1)).toEqual({ user: 'ann', count: 20 })
})

test('a new id: the state goes on, the old id is worth nothing in any instance', async () => {
  const browser = await visitor()
  const before = browser.cookie
  await dataOf(browser, 1)
  await visit(browser, 0, async (session) => {
    session.data['signedIn'] = true
    await session.regenerate()
  })
  expect(browser.cookie).not.toBe(before)
  expect(await dataOf(browser, 1)).toEqual({ user: 'ann', signedIn: true })
  const thief = new Browser()
  thief.cookie = before
  expect(await dataOf(thief, 1)).toEqual({})
  expect(thief.cookie).toBeUndefined()
})

test('what a request has changed before a new id is never stored under the old one', async () => {
  const browser = await visitor()
  const seen: string[] = []
  const spaceOf = store.spaces.get('visitors')!
  const write = spaceOf.write.bind(spaceOf)
  spaceOf.write = (id, change) => (seen.push(id), write(id, change))
  await visit(browser, 0, async (session) => {
    session.data['signedIn'] = true
    await session.regenerate()
  })
  spaceOf.write = write
  expect(seen).toEqual([])
  expect(await dataOf(browser, 1)).toEqual({ user: 'ann', signedIn: true })
})

test('a change that comes during a new id is not lost', async () => {
  const browser = await visitor({ a: 0 })
  const answers = await together(
    browser,
    async (session) => await session.regenerate(),
    async (session) => {
      session.data['a'] = 1
      await session.save()
    },
  )
  expect(answers.filter((answer) => answer === '200 ').length).toBeGreaterThan(0)
  const isTold = answers.some((answer) => /^409 .*SPY_SESSION_ENDED/.test(answer))
  expect(answers.every((answer) => answer === '200 ') || isTold).toBe(true)
})

test('a new id that fails since the session has ended meanwhile is not given to the browser', async () => {
  const browser = await visitor()
  const before = browser.cookie
  const space = store.spaces.get('visitors')!
  const remove = space.remove.bind(space)
  space.remove = (id, version) => {
    space.remove = remove
    const stored = remove(id) // another request has ended it, after one has changed it
    return stored.is === 'done' && version !== undefined
      ? { is: 'changed', stored: { text: '{}', version: 9, createdAt: 0, until: 0 } }
      : stored
  }
  const answer = await visit(browser, 0, async (session) => await session.regenerate())
  expect([answer, browser.setCookie, browser.cookie]).toEqual([expect.stringMatching(/^409 .*SPY_SESSION_ENDED/), undefined, before])
})

test('after a logout the session is gone everywhere, and what was still under way does not revive it', async () => {
  const browser = await visitor()
  await dataOf(browser, 1)
  const old = browser.cookie
  await visit(browser, 0, (session) => session.destroy())
  expect([browser.cookie, browser.setCookie]).toEqual([undefined, expect.stringContaining('Max-Age=0')])
  const late = new Browser()
  late.cookie = old
  expect(await dataOf(late, 1)).toEqual({})
})

test('a change to a session that was ended meanwhile is refused', async () => {
  const browser = await visitor({ a: 0 })
  const answer = await visit(browser, 0, async (session) => {
    session.data['a'] = 1
    const { visitors } = instances[1]
    const request = { headers: { cookie: browser.cookie }, socket: {} } as never
    const other = await visitors.of(request, { writeHead() {}, end() {} } as never)
    await other.destroy()
  })
  expect(answer).toMatch(/^409 .*SPY_SESSION_ENDED/)
})

test('a state that is too large or no JSON is refused with its size or its reason', async () => {
  const browser = await visitor()
  expect(await visit(browser, 0, (session) => void (session.data['a'] = 'ä'.repeat(9000)))).toMatch(/^500 .*SPY_SESSION_TOO_LARGE/)
  expect(
    await visit(browser, 0, async (session) => {
      session.data['a'] = 1n
      await session.save()
    }),
  ).toMatch(/^500 .*SPY_SESSION_NO_JSON/)
  expect(await dataOf(browser, 1)).toEqual({ user: 'ann' })
})

test('a visitor for whom nothing is stored has no session, and no cookie', async () => {
  const browser = new Browser()
  const size = store.spaces.get('visitors')?.size
  expect(await visit(browser, 0, (session) => `${session.isNew} ${session.id}`)).toBe('200 true undefined')
  expect([browser.cookie, store.spaces.get('visitors')?.size]).toEqual([undefined, size])
})

test('save() in the middle of a request is one change, and the end of the request another', async () => {
  const browser = await visitor()
  await visit(browser, 0, async (session) => {
    session.data['step'] = 1
    await session.save()
    session.data['step'] = 2
  })
  expect(await dataOf(browser, 1)).toEqual({ user: 'ann', step: 2 })
})
