import { expect, test } from 'vitest'
import { openShop, turns } from './fixture.ts'

test('a connection held too long with nothing running is reported once, with the line that borrowed it', async () => {
  await using pool = await openShop({ leakAfterMs: 30_000 })
  const connection = await pool.shop.connect()
  await connection.query("SELECT 'secret' AS word")
  pool.clock.advance(29_999)
  expect(pool.events).toEqual([])
  pool.clock.advance(60_000)
  expect(pool.events).toHaveLength(1)
  const [leak] = pool.events
  expect(leak).toMatchObject({
    name: 'spyglass.pool.leak',
    resource: 'spyglass:type=Datasource,instance=http-1,name=shop',
    attributes: { pool: 'shop', connection: 1, collected: false },
    holders: [{ connection: 1, leaked: true, statement: 'SELECT ? AS word' }],
  })
  expect(leak?.holders?.[0]?.location).toMatch(/^test\/runtime\/datasource\/pool-resource\.test\.ts:\d+$/)
  expect(leak?.holders?.[0]?.stack[0]).toContain('pool-resource.test.ts')
  expect(pool.log.filter(({ msg }) => msg === 'connection leaked')).toMatchObject([{ level: 40 }])
  expect(pool.read('leaks')).toBe(1)
  expect(pool.read('leakedNow')).toBe(1)
  connection.release()
  expect(pool.read('leakedNow')).toBe(0)
  expect(pool.log.filter(({ msg }) => msg === 'leaked connection returned')).toHaveLength(1)
})

test('each of several connections that leak at the same moment is an incident of its own', async () => {
  await using pool = await openShop({ leakAfterMs: 30_000 })
  const connections = [await pool.shop.connect(), await pool.shop.connect()]
  pool.clock.advance(31_000)
  expect(new Set(pool.events.map(({ incidentId }) => incidentId)).size).toBe(2)
  for (const connection of connections) connection.release()
})

test('a connection whose statement runs is never called leaked, however long it takes', async () => {
  await using pool = await openShop({ leakAfterMs: 30_000 })
  const connection = await pool.shop.connect()
  const running = connection.query(
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT count(*) FROM n',
  )
  pool.clock.advance(300_000)
  expect(pool.read('leaks')).toBe(0)
  await running
  pool.clock.advance(1001)
  expect(pool.read('leaks')).toBe(1)
  connection.release()
})

test('exhaustion is raised after its time with every holder, and cleared under the same incident when a connection is free', async () => {
  await using pool = await openShop({ max: 2, exhaustedAfterMs: 10_000, acquireTimeoutMs: 60_000, leakAfterMs: 60_000 }, undefined, {
    application: 'store',
  })
  const one = await pool.shop.connect()
  const two = await pool.shop.connect()
  const waiting = pool.shop.query('SELECT 1 AS one')
  pool.clock.advance(9999)
  expect(pool.read('state')).toBe('ok')
  pool.clock.advance(1)
  expect(pool.read('state')).toBe('exhausted')
  const [raised] = pool.events
  expect(raised).toMatchObject({
    name: 'spyglass.pool.exhausted',
    phase: 'raise',
    attributes: { pool: 'shop', active: 2, max: 2, waiting: 1, 'spyglass.application': 'store' },
    holders: [{ connection: 1, heldMs: 10_000 }, { connection: 2 }],
  })
  expect(raised?.holders?.every(({ location }) => location.includes('pool-resource.test.ts'))).toBe(true)
  one.release()
  await waiting
  await turns()
  expect(pool.events[1]).toMatchObject({ name: 'spyglass.pool.recovered', phase: 'clear', incidentId: raised?.incidentId })
  expect(pool.read('state')).toBe('ok')
  two.release()
  expect(pool.events).toHaveLength(2)
})

test('exhaustion is raised though each single borrower gives up earlier', async () => {
  await using pool = await openShop({ max: 1, exhaustedAfterMs: 10_000, acquireTimeoutMs: 2000, leakAfterMs: 60_000 })
  using _ = await pool.shop.connect()
  const late = pool.shop.query('SELECT 1').catch((error: { code: string }) => error.code)
  pool.clock.advance(10_000)
  expect(await late).toBe('SPY_POOL_TIMEOUT')
  expect(pool.events.map(({ name }) => name)).toEqual(['spyglass.pool.exhausted'])
})

test('closing an exhausted pool clears its incident', async () => {
  await using pool = await openShop({ max: 1, leakAfterMs: 60_000, acquireTimeoutMs: 60_000 })
  const connection = await pool.shop.connect()
  const waiting = pool.shop.query('SELECT 1').catch((error: { code: string }) => error.code)
  pool.clock.advance(10_000)
  const closed = pool.resources.close(1000)
  connection.release()
  await closed
  expect(await waiting).toBe('SPY_POOL_CLOSED')
  expect(pool.events.map(({ name }) => name)).toEqual(['spyglass.pool.exhausted', 'spyglass.pool.recovered'])
})

test('a borrower is a resource while its connection has been lent for over a second, and no longer', async () => {
  await using pool = await openShop()
  const name = 'spyglass:type=Borrower,instance=http-1,datasource=shop,connection=1'
  const connection = await pool.shop.connect()
  pool.clock.advance(999)
  expect(pool.registry.find(name)).toBeUndefined()
  pool.clock.advance(1)
  const bean = pool.registry.find(name)
  expect(bean?.read('held')).toBe(1000)
  expect(bean?.read('running')).toBe(false)
  expect(bean?.read('leaked')).toBe(false)
  expect(bean?.read('location')).toContain('pool-resource.test.ts')
  expect(bean?.read('statement')).toBe('')
  expect(pool.read('borrowers')).toMatchObject([{ connection: 1, heldMs: 1000, leaked: false }])
  connection.release()
  expect(pool.registry.find(name)).toBeUndefined()
})

test('every attribute of a datasource that is known has a value', async () => {
  await using pool = await openShop({ min: 1, max: 2 })
  await pool.shop.query('SELECT 1')
  const [resource] = pool.registry.snapshot().resources
  expect(resource?.values).toMatchObject({
    state: 'ok',
    driver: 'sqlite',
    target: `${pool.folder}/shop.db`,
    minConnections: 1,
    maxConnections: 2,
    idleConnections: 1,
    waitingBorrowers: 0,
    borrows: 1,
    lastError: '',
    borrowers: [],
  })
  expect(Object.keys(resource?.values ?? {})).toHaveLength(22)
  expect(resource?.values['lastErrorTime']).toBeUndefined()
})

test('an operation of a datasource takes a connection back; one that is unknown says so', async () => {
  await using pool = await openShop({ max: 1 })
  const { id } = await pool.shop.connect()
  const given = { connection: id }
  const other = () => pool.resources.carryOut('datasources', 'shop', { operation: 'other', given })
  expect(other).toThrow(expect.objectContaining({ code: 'SPY_DATASOURCE_OPERATION' }))
  expect(pool.read('activeConnections')).toBe(1)
  pool.resources.carryOut('datasources', 'shop', { operation: 'reclaim', given })
  expect([pool.read('reclaimed'), pool.read('activeConnections'), pool.read('leaks')]).toEqual([1, 0, 0])
  const again = (name: string) => () => pool.resources.carryOut('datasources', name, { operation: 'reclaim', given })
  expect(again('shop')).toThrow(expect.objectContaining({ code: 'SPY_CONNECTION_NOT_LENT' }))
  expect(again('till')).toThrow(expect.objectContaining({ code: 'SPY_DATASOURCE_UNKNOWN' }))
})
