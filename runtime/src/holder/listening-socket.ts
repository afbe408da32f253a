/**
 * The holder binds each listening socket once and every generation inherits it, so that a connection made while nobody accepts waits
 * in the kernel's queue and is answered by the next generation. The holder itself never listens on it: that would make it accept.
 *
 * `net._createServerHandle` is private to Node; only this file uses it, and an end-to-end test checks it against the pinned Node.
 * node:cluster is not an alternative: it closes a shared handle with its last worker.
 */
import net from 'node:net'
import { listenFailure } from '@spyglass/process/http-server'

/** A bound socket, by the descriptor that children inherit. */
export interface ListeningSocket {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly fd: number
  close(): void
}

interface BoundHandle {
  readonly fd: number
  close(): void
}

type CreateServerHandle = (host: string, port: number, addressType: 4 | 6, fd?: number) => BoundHandle | number

/**
 * Binds a TCP socket.
 * @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED
 */
export async function bindListeningSocket(name: string, host: string, port: number): Promise<ListeningSocket> {
  await probePort(name, host, port)
  const create = (net as unknown as { _createServerHandle: CreateServerHandle })._createServerHandle
  const address = host === 'localhost' ? '127.0.0.1' : host
  const handle = create(address, port, net.isIPv6(address) ? 6 : 4)
  if (typeof handle === 'number') throw listenFailure({ name, host, port }, `error ${handle}`)
  return { name, host, port, fd: handle.fd, close: () => handle.close() }
}

/**
 * Finds out whether a port is free by listening on it for a moment: a bind alone succeeds on a taken port (the clash shows only when
 * the first generation listens).
 * @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED
 */
export async function probePort(name: string, host: string, port: number): Promise<void> {
  const server = net.createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, resolve)
    })
  } catch (error) {
    throw listenFailure({ name, host, port }, error)
  }
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
