import { once } from 'node:events'
import net, { type Server, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { openInside } from '../../../../runtime/process/src/listener/inner-connection.ts'

const listen = (server: Server): void => void server.listen(0, '127.0.0.1')

/** Listens, and does something else with the connections that come than to tell the server. */
function listenAnd(server: Server, onConnection: (socket: Socket, emit: Server['emit']) => void): void {
  const emit = server.emit.bind(server)
  server.emit = (event: string, ...args: unknown[]) => {
    if (event !== 'connection') return emit(event, ...args)
    onConnection(args[0] as Socket, emit)
    return true
  }
  listen(server)
}

test('a connection that is closed before it is accepted, as libuv does when descriptors run out, is an error of the probe', async () => {
  const servers: Server[] = []
  const opened = openInside(
    () => {},
    (server) => listenAnd(servers[servers.push(server) - 1] as Server, (socket) => socket.end()),
  )
  await expect(opened).rejects.toThrow('the connection was closed before it was accepted')
  expect(servers.map(({ listening }) => listening)).toEqual([false])
})

test('an error of the acceptor is one of the probe', async () => {
  const opened = openInside(
    () => {},
    (server) => listenAnd(server, (socket, emit) => emit('error', new Error('accept EMFILE')) && socket.on('error', () => {}).resume()),
  )
  await expect(opened).rejects.toThrow('accept EMFILE')
})

test('connections of others are closed, and the one that is meant is found whenever it comes', async () => {
  let strangers: Socket[] = []
  let accepted: Socket | undefined
  const client = await openInside(
    (socket) => (accepted = socket),
    (server) => {
      const sockets: Socket[] = []
      listenAnd(server, (socket, emit) => sockets.push(socket) === 4 && sockets.forEach((each) => emit('connection', each)))
      server.prependOnceListener('listening', () => {
        const { port } = server.address() as net.AddressInfo
        strangers = [1, 2, 3].map(() => net.connect(port, '127.0.0.1'))
      })
    },
  )
  expect([accepted?.remotePort, strangers.some(({ localPort }) => localPort === accepted?.remotePort)]).toEqual([client.localPort, false])
  await Promise.all(strangers.filter(({ destroyed }) => !destroyed).map(async (socket) => await once(socket.resume(), 'close')))
  accepted?.end('hello')
  expect(String((await once(client, 'data'))[0])).toBe('hello')
  client.destroy()
})
