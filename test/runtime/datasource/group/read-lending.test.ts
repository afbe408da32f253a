import { expect, test } from 'vitest'
import { ReadLending } from '../../../../runtime/src/datasource/group/read-lending.ts'
import { RoutedLending, routeOf } from '../../../../runtime/src/datasource/group/routed-lending.ts'
import { outcomeOf, scriptedPool } from '../pool/scripted-driver.ts'
import { COPY, PRIMARY, scriptedGroup } from './scripted-group.ts'

const site = { location: () => 'shop.ts:7', frames: () => [] }
const refusal = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })

async function reading() {
  const { group } = scriptedGroup({ a: PRIMARY, b: COPY, c: COPY })
  await group.start()
  const pools = new Map(['a', 'b', 'c'].map((name) => [name, scriptedPool()]))
  const lending = new ReadLending({
    name: 'shop/read',
    group,
    wish: {},
    waitMs: () => 1000,
    poolOf: (name) => pools.get(name)!.pool,
    opened: () => [...pools.values()].map(({ pool }) => pool),
  })
  return { group, lending, of: (name: string) => pools.get(name)! }
}

test('a read is of a copy, and comes back to its pool', async () => {
  const { group, lending, of } = await reading()
  const borrow = await lending.lend(site, true)
  expect([of('b').pool.borrows.size, lending.size, lending.borrows.size]).toEqual([1, 1, 1])
  lending.return(borrow)
  expect([of('b').pool.borrows.size, lending.idle, lending.waiting]).toEqual([0, 1, 0])
  expect(lending.lend(site, true)).toHaveProperty('entry') // at once, as of a pool
  await group.stop()
})

test('a read waits while no member has answered yet, and no longer', async () => {
  const { group, pass, say } = scriptedGroup({ a: 'silent' })
  const started = group.start()
  const { signal } = new AbortController()
  const patient = group.readerWithin(60_000, {})
  const hasty = Promise.resolve(group.readerWithin(100, {})).catch((error: unknown) => error)
  await pass(500)
  expect(await hasty).toMatchObject({ code: 'SPY_READER_MISSING' })
  say('a', PRIMARY)
  await pass(2000)
  await started
  expect([(await patient).name, (await group.writerWithin(1, signal)).name]).toEqual(['a', 'a'])
  await group.stop()
})

test('a copy that cannot be reached is replaced by another, and at last by the writer', async () => {
  const { group, lending, of } = await reading()
  for (const name of ['b', 'c']) of(name).connects.push(Promise.reject(refusal))
  await lending.lend(site, true)
  expect(['a', 'b', 'c'].map((name) => of(name).pool.borrows.size)).toEqual([1, 0, 0])
  await group.stop()
})

test('an error that is not of the connection is not tried elsewhere', async () => {
  const { group, lending, of } = await reading()
  of('b').connects.push(Promise.reject(Object.assign(new Error('no such role'), { code: '28000' })))
  expect(await outcomeOf(lending.lend(site, true))).toBe('SPY_CONNECTION_FAILED')
  expect(of('c').asked()).toBe(0)
  await group.stop()
})

const routes = [
  { statements: 'read', schema: 'reporting', to: 'reports' },
  { statements: 'write', schema: 'audit', to: 'log' },
  { statements: 'read', to: 'read' },
] as const

test.for([
  ['SELECT * FROM reporting.sales', 'reports'],
  ['SELECT * FROM sales', 'read'],
  ['INSERT INTO reporting.sales VALUES (1)', 'write'],
  ['INSERT INTO audit.log VALUES (1)', 'log'],
  ['SELECT * FROM sales FOR UPDATE', 'write'],
] as const)('the route of %s is %s', ([text, to]) => {
  expect(routeOf(text, 'postgresql', routes)).toBe(to)
})

test('a single statement goes where its route says; what is borrowed for longer is for writes', async () => {
  const { group, lending, of } = await reading()
  const { pool } = scriptedPool()
  const routed = new RoutedLending({ pool, routes: () => [{ statements: 'any', to: 'read' }], lendingTo: () => lending })
  const once = await routed.lend(site, false, 'SELECT 1')
  const lasting = await routed.lend(site, true)
  expect([of('b').pool.borrows.size, pool.borrows.size, routed.size]).toEqual([1, 1, 1])
  for (const borrow of [once, lasting]) routed.return(borrow)
  expect([of('b').pool.borrows.size, pool.borrows.size, routed.idle, routed.waiting, routed.borrows.size]).toEqual([0, 0, 1, 0, 0])
  await group.stop()
})
