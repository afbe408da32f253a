import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { dirname, join } from 'node:path'
import { connectLocally } from '@spyglass/process/channel'
import { expect, onTestFinished, test } from 'vitest'
import { bindListeningSocket, bindPrivateSocket, probePort } from '../../../runtime/src/holder/listening-socket.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a taken port is reported by number, name and address before anything starts', async () => {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as net.AddressInfo
  await expect(bindListeningSocket('http', '127.0.0.1', port)).rejects.toMatchObject({
    code: 'SPY_PORT_TAKEN',
    message: expect.stringContaining(`port ${port} (http) on 127.0.0.1`),
  })
})

test('an address that does not belong to this machine is reported', async () => {
  await expect(probePort('http', '192.0.2.1', await freePort())).rejects.toMatchObject({ code: 'SPY_LISTEN_FAILED' })
})

test('a bound socket lets go of its port when it is closed', async () => {
  const port = await freePort()
  const socket = await bindListeningSocket('http', '127.0.0.1', port)
  socket.close()
  await expect(probePort('http', '127.0.0.1', port)).resolves.toBeUndefined()
})

test('a private socket is for its owner alone, at a path of any length, also where an earlier server left one', async () => {
  const path = join(tempFolder(), 'a'.repeat(150), 'shop.sock')
  bindPrivateSocket(path).close()
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'left over')
  const socket = bindPrivateSocket(path)
  onTestFinished(() => socket.close())
  expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o077]).toEqual([0o600, 0])
  const connection = connectLocally(path)
  connection.on('error', () => {})
  expect((await once(connection, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' }) // nobody listens yet
})
