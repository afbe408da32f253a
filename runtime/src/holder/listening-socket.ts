/**
 * The holder binds each listening socket once and every generation inherits it, so that a connection made while nobody accepts waits
 * in the kernel's queue and is answered by the next generation. The holder itself never listens on it: that would make it accept.
 *
 * `net._createServerHandle` is private to Node; only this file uses it, and an end-to-end test checks it against the pinned Node.
 * node:cluster is not an alternative: it closes a shared handle with its last worker.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import net from 'node:net'
import { dirname } from 'node:path'
import { getSystemErrorMessage } from 'node:util'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { removeSocket, shortPathOf } from '@spyglass/process/channel'
import { listenFailure } from '@spyglass/process/listen-failure'
import { fail } from '../errors.ts'

/** A bound socket, by the descriptor that children inherit. */
export interface ListeningSocket {
  readonly fd: number
  close(): void
}

interface BoundHandle {
  readonly fd: number
  close(): void
}

type CreateServerHandle = (host: string, port: number, addressType: 4 | 6 | -1, fd?: number) => BoundHandle | number

const createHandle = (net as unknown as { _createServerHandle: CreateServerHandle })._createServerHandle

/**
 * Binds a TCP socket.
 * @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED
 */
export async function bindListeningSocket(name: string, host: string, port: number): Promise<ListeningSocket & { readonly port: number }> {
  await probePort(name, host, port)
  const address = host === 'localhost' ? '127.0.0.1' : host
  const handle = createHandle(address, port, net.isIPv6(address) ? 6 : 4)
  if (typeof handle === 'number') throw listenFailure({ name, host, port }, `error ${handle}`)
  return { port, fd: handle.fd, close: () => handle.close() }
}

/**
 * Binds a Unix socket that only the server's own user can connect to. What an earlier server left at the path is removed: the data folder is locked.
 * @throws SPY_SOCKET_FAILED
 */
export function bindPrivateSocket(path: string): ListeningSocket {
  const handle = boundAt(path)
  const close = (): void => {
    handle.close()
    removeSocket(path)
  }
  return { fd: handle.fd, close }
}

function boundAt(path: string): BoundHandle {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    rmSync(path, { force: true })
    using short = shortPathOf(path)
    const handle = createHandle(short.path, -1, -1)
    if (typeof handle === 'number') throw fail('SPY_SOCKET_FAILED', [path, getSystemErrorMessage(handle)])
    chmodSync(path, 0o600)
    return handle
  } catch (error) {
    if (codeOf(error)?.startsWith('SPY_')) throw error
    throw fail('SPY_SOCKET_FAILED', [path, messageOf(error)], error)
  }
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
