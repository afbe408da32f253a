import net from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { bindListeningSocket, probePort } from '../../../runtime/src/holder/listening-socket.ts'
import { freePort } from '../../support/free-port.ts'

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
