/**
 * Unix sockets that are bound once, before anything else starts, and inherited by each generation of the process that serves them. A process need not write
 * to the disk to serve again.
 */
import { existsSync } from 'node:fs'
import { bindPrivateSocket, type ListeningSocket } from './listening-socket.ts'

export interface KeptSockets {
  /** Descriptor of the socket of that name, for a process about to start. */
  fd(name: string): number | undefined
  /** Closes them and removes their files. */
  close(): void
}

/** `paths` by name. @throws SPY_SOCKET_FAILED, SPY_LOCAL_PATH */
export function keepSockets(paths: Readonly<Record<string, string>>): KeptSockets {
  const sockets = new Map<string, ListeningSocket>()
  for (const [name, path] of Object.entries(paths)) sockets.set(name, bindPrivateSocket(path))

  /** Somebody has removed the file, and nobody can connect any more: the next process gets a new one. */
  function renew(name: string, path: string): void {
    try {
      sockets.set(name, bindPrivateSocket(path)) // the old one stays open: libuv would remove the file of the new one with it
    } catch {
      // the disk is full or read-only: the next start tries it again
    }
  }

  return {
    fd(name) {
      const path = paths[name]
      if (path !== undefined && !existsSync(path)) renew(name, path)
      return sockets.get(name)?.fd
    },
    close() {
      for (const socket of sockets.values()) socket.close()
    },
  }
}
