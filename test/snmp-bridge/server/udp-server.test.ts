import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { openUdpServer } from '../../../snmp-bridge/src/server/udp-server.ts'

const quiet = { host: '127.0.0.1', port: 0, onError: () => {} }

test('a datagram gets its answer back, and one without an answer gets none', async () => {
  const server = await openUdpServer({ ...quiet, core: (datagram) => (datagram[0] === 1 ? Buffer.from([9]) : undefined) })
  const client = createSocket('udp4')
  client.send(Buffer.of(2), server.port, '127.0.0.1')
  client.send(Buffer.of(1), server.port, '127.0.0.1')
  const [answer] = (await once(client, 'message')) as [Buffer]
  expect([...answer]).toEqual([9])
  client.close()
  await server.close()
})

test('a taken port is reported with the port, and an address that is not ours with the address', async () => {
  const server = await openUdpServer({ ...quiet, core: () => undefined })
  const again = openUdpServer({ ...quiet, port: server.port, core: () => undefined })
  await expect(again).rejects.toMatchObject({
    code: 'SPY_SNMP_PORT_TAKEN',
    message: expect.stringContaining(String(server.port)) as string,
  })
  const foreign = openUdpServer({ ...quiet, host: '192.0.2.1', core: () => undefined })
  await expect(foreign).rejects.toMatchObject({ code: 'SPY_SNMP_PORT_UNUSABLE', message: expect.stringContaining('192.0.2.1') as string })
  await server.close()
})

test('a name that has an IPv6 address only is served there; one without any address says so', async () => {
  const resolve = async () => ({ address: '::1', family: 6 })
  const server = await openUdpServer({ ...quiet, host: 'six.example', resolve, core: () => Buffer.from([9]) })
  const client = createSocket('udp6')
  client.send(Buffer.of(1), server.port, '::1')
  const [answer] = (await once(client, 'message')) as [Buffer]
  expect([...answer]).toEqual([9])
  client.close()
  await server.close()
  const unknown = openUdpServer({ ...quiet, host: 'nowhere.invalid', core: () => undefined })
  await expect(unknown).rejects.toMatchObject({
    code: 'SPY_SNMP_PORT_UNUSABLE',
    message: expect.stringContaining('nowhere.invalid') as string,
  })
})
