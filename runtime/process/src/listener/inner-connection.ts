/**
 * A connection of this process to the server of its own listener. Replicas share the listener's socket, so that a connection to it might reach another one;
 * everything behind the socket is that of a client's connection.
 */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import net, { type Server, type Socket } from 'node:net'
import { UNRECORDED } from '@spyglass/agent/contract'

/**
 * Resolves with the client's end; `accept` gets the other one. Nobody else can come in by this way: the connection is known by its port.
 * `listen` listens on a free port of 127.0.0.1.
 * @throws When the connection closes before it is accepted, as the kernel's limits of open files make it do. Then nothing stays open.
 */
export async function openInside(accept: (socket: Socket) => void, listen: (server: Server) => void): Promise<Socket> {
  const acceptor = net.createServer({ allowHalfOpen: true, noDelay: true })
  try {
    listen(acceptor)
    await once(acceptor, 'listening')
    const { port } = acceptor.address() as net.AddressInfo
    const client = net.connect({ port, host: '127.0.0.1', noDelay: true })
    client.on('error', ignore) // its close follows, which is what counts
    accept(await acceptedFrom(acceptor, client))
    return client
  } finally {
    acceptor.close()
  }
}

/** The connection may be accepted before the client knows its own port; others that came in are closed, and so is everything if it fails. */
async function acceptedFrom(acceptor: Server, client: Socket): Promise<Socket> {
  const sockets: Socket[] = []
  const own = (): Socket | undefined => (client.connecting ? undefined : sockets.find(({ remotePort }) => remotePort === client.localPort))
  const found = new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (own()) resolve()
    }
    acceptor.on('error', reject)
    acceptor.on('connection', (socket) => {
      sockets.push(socket.on('error', ignore))
      look()
    })
    client.once('connect', look)
    client.once('close', () => reject(new Error('the connection was closed before it was accepted')))
  })
  try {
    await found
  } catch (error) {
    client.destroy()
    throw error
  } finally {
    for (const socket of sockets) if (socket !== own()) socket.destroy()
  }
  const socket = own() as Socket
  socket.off('error', ignore) // as one that the server accepted itself
  return socket
}

const ignore = (): void => {}

type Marked = Socket & { [UNRECORDED]?: true }

/** Its requests are neither counted nor recorded. */
export function markInner(socket: Socket): void {
  ;(socket as Marked)[UNRECORDED] = true
}

/** Whether a request came over such a connection. */
export const isInner = ({ socket }: IncomingMessage): boolean => (socket as Marked)[UNRECORDED] === true
