import { createServer } from 'node:http'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { kinds } from '@spyglass/mbeans/kinds'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { mibTables } from '../../../snmp-bridge/src/mib/tables.ts'
import { createJolokiaReader, reasonOf } from '../../../snmp-bridge/src/source/jolokia-client.ts'
import { type Management, register, registerShop, startManagement } from '../support/management.ts'

let management: Management
beforeAll(async () => {
  management = await startManagement()
  registerShop(management.registry)
})
afterAll(() => management.close())

const tables = mibTables()
const position = (name: string) => tables.findIndex(({ kind }) => kind.name === name)

test('one bulk read gives the resources of every table, and only what is known of them', async () => {
  const answers = await createJolokiaReader({ url: management.url, timeoutMs: 2000 })(tables)
  expect(answers).toHaveLength(tables.length)
  expect(answers[position('instance')]).toEqual([
    { name: 'http-1', state: 'ready', pid: 4711, uptime: 5_000_000_000, cpuTime: 1.5, requests: 12 },
  ])
  expect(answers[position('datasource')]![0]).toMatchObject({
    name: 'shop',
    lastError: '连接池',
    lastErrorTime: '2025-11-24T16:00:00.000Z',
  })
  expect(answers[position('store')]).toEqual([])
})

test('of a silent process there are names, texts and states, and no figures', async () => {
  const own = await startManagement()
  onTestFinished(() => own.close())
  for (const name of ['http-1', 'http-2']) {
    register(own.registry, kinds.instance, { name }, { state: 'ready', uptime: 5, lastSeen: 1_764_000_000_000, requests: 1 })
    register(own.registry, kinds.datasource, { instance: name, name: 'shop' }, { driver: 'sqlite', activeConnections: 3, leaks: 1 })
    register(own.registry, kinds.v8Heap, { process: name }, { used: 5 })
    register(own.registry, kinds.push, { process: name }, { age: name === 'http-1' ? 3.4 : 3.6 })
  }
  register(own.registry, kinds.server, { name: 'http-2' }, { uptime: 5 })
  const answers = await createJolokiaReader({ url: own.url, timeoutMs: 2000 })(tables)
  expect(answers[position('instance')]).toEqual([
    { name: 'http-1', state: 'ready', uptime: 5, lastSeen: '2025-11-24T16:00:00.000Z', requests: 1 },
    { name: 'http-2', state: 'ready', lastSeen: '2025-11-24T16:00:00.000Z' },
  ])
  expect(answers[position('datasource')]).toEqual([
    { instance: 'http-1', name: 'shop', driver: 'sqlite', activeConnections: 3, leaks: 1 },
    { instance: 'http-2', name: 'shop', driver: 'sqlite' },
  ])
  expect(answers[position('v8Heap')]).toEqual([{ process: 'http-1', used: 5 }, { process: 'http-2' }])
  expect(answers[position('server')]).toEqual([{ name: 'http-2', uptime: 5 }])
})

test('an endpoint that is not there, answers no JSON, something else, or too late, gives SPY_SNMP_POLL', async () => {
  const answers = ['no json', '{}', '[]', '[{"status":500,"error":"broken"},{"status":404}]', undefined]
  const server = createServer((_request, response) => {
    const body = answers.shift()
    if (body !== undefined) response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const read = createJolokiaReader({ url: `http://127.0.0.1:${port}`, timeoutMs: 200 })
  while (answers.length > 0) await expect(read(tables.slice(0, 1))).rejects.toMatchObject({ code: 'SPY_SNMP_POLL' })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await expect(read(tables)).rejects.toMatchObject({ code: 'SPY_SNMP_POLL', message: expect.stringContaining('ECONNREFUSED') as string })
})

test('the reason of an error includes its cause', () => {
  expect(reasonOf(new TypeError('fetch failed', { cause: new RangeError('no such host') }))).toBe('fetch failed (no such host)')
  expect(reasonOf('text')).toBe('text')
})
