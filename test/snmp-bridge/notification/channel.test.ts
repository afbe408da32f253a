import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { addressText, openChannel } from '../../../snmp-bridge/src/notification/channel.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function listener(type: 'udp4' | 'udp6', host: string): Promise<Socket> {
  const socket = createSocket(type)
  socket.bind(0, host)
  await once(socket, 'listening')
  closing.push(() => socket.close())
  return socket
}

test.each([
  ['udp4', '127.0.0.1', 4],
  ['udp6', '::1', 6],
] as const)('a name is reached by what it resolves to: %s', async (type, address, family) => {
  const manager = await listener(type, address)
  const { port } = manager.address()
  const answered = Promise.withResolvers<Buffer>()
  const channel = openChannel({ host: 'manager.example', port }, answered.resolve, () => Promise.resolve({ address, family }))
  closing.push(() => channel.close())
  const received = once(manager, 'message') as Promise<[Buffer, { port: number; address: string }]>
  await channel.send(Buffer.from('trap'))
  const [message, from] = await received
  expect(message.toString()).toBe('trap')
  manager.send('thanks', from.port, from.address)
  expect((await answered.promise).toString()).toBe('thanks')
})

test.each(['127.0.0.1', '::1'])('the address %s needs no name server', async (host) => {
  const manager = await listener(host === '::1' ? 'udp6' : 'udp4', host)
  const channel = openChannel({ host, port: manager.address().port })
  closing.push(() => channel.close())
  const received = once(manager, 'message') as Promise<[Buffer]>
  await channel.send(Buffer.from('trap'))
  expect(String((await received)[0])).toBe('trap')
})

test('a name that does not resolve is named with the reason, and a closed channel sends nothing', async () => {
  const channel = openChannel({ host: 'no-such-host.invalid', port: 162 })
  await expect(channel.send(Buffer.from('x'))).rejects.toMatchObject({
    code: 'SPY_SNMP_RECEIVER',
    message: expect.stringMatching(/no-such-host\.invalid:162: getaddrinfo (ENOTFOUND|EAI_AGAIN)/) as string,
  })
  channel.close()
})

test('an address of IPv6 stands in brackets before its port', () => {
  expect(addressText({ host: '2001:db8::1', port: 162 })).toBe('[2001:db8::1]:162')
  expect(addressText({ host: '192.0.2.1', port: 162 })).toBe('192.0.2.1:162')
})
