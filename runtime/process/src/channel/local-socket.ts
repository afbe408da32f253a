/** Unix sockets in the data folder, for programs of its owner alone. */
import { rmSync } from 'node:fs'
import net from 'node:net'
import { inherited } from './inherited.ts'
import { shortPathOf } from './short-path.ts'

/**
 * Listens on the socket file, readable and writable by the owner alone. What an earlier process left at the path is removed: the caller
 * holds the lock of the data folder.
 * @throws SPY_LOCAL_PATH, or what the system says
 */
export async function listenLocally(server: net.Server, file: string): Promise<void> {
  rmSync(file, { force: true })
  const short = shortPathOf(file)
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(short.path, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.once('close', () => short[Symbol.dispose]()) // until then: Node removes the socket by this path
  } catch (error) {
    short[Symbol.dispose]()
    throw error
  } finally {
    process.umask(mask)
  }
}

/**
 * Listens on the socket that the process inherited under this name. The holder bound it and keeps it: a successor of this process needs no disk that can
 * be written, and who connects meanwhile waits for it. Resolves with false if there is none, as in a process that was started by hand.
 */
export async function listenInherited(server: net.Server, name: string): Promise<boolean> {
  const fd = inherited()?.listeners[name]
  if (fd === undefined) return false
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ fd }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return true
}

/** Connects to the socket file. Failures are events of the socket, except SPY_LOCAL_PATH. */
export function connectLocally(file: string): net.Socket {
  using short = shortPathOf(file) // the system call is made within this one
  return net.connect(short.path)
}

/** Removes the file of a socket that is closed. On a disk that has turned read-only it stays: who listens there next removes it. */
export function removeSocket(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // see above
  }
}
