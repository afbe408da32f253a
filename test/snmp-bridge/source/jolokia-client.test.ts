import { createServer } from 'node:http'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mibTables } from '../../../snmp-bridge/src/mib/tables.ts'
import { createJolokiaReader, reasonOf } from '../../../snmp-bridge/src/source/jolokia-client.ts'
import { type Management, registerShop, startManagement } from '../support/management.ts'

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

test('an endpoint that is not there, answers no JSON, something else, or too late, gives SPY_SNMP_POLL', async () => {
  const answers = ['no json', '{}', '[]', '[{"status":500,"error":"broken"}]', undefined]
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
