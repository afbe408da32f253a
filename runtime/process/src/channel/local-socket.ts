/**
 * Unix sockets in the data folder. The kernel takes paths of at most 107 bytes, and a data folder may lie deeper: on Linux the socket is
 * then reached through a descriptor of its folder.
 */
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import net from 'node:net'
import { basename, dirname } from 'node:path'

/** sockaddr_un.sun_path of the strictest system (macOS) has 104 bytes with the final zero. */
const MAX_PATH_BYTES = 103

/**
 * Listens on the socket file, readable and writable by the owner alone. What an earlier process left at the path is removed: the caller
 * holds the lock of the data folder.
 * @throws what the system says
 */
export async function listenLocally(server: net.Server, path: string): Promise<void> {
  rmSync(path, { force: true })
  const mask = process.umask(0o177)
  try {
    await withShortPath(path, (short) => {
      return new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(short, () => {
          server.off('error', reject)
          resolve()
        })
      })
    })
  } finally {
    process.umask(mask)
  }
}

/** Connects to the socket file. Failures are events of the socket. */
export function connectLocally(path: string): net.Socket {
  return withShortPath(path, (short) => net.connect(short))
}

/** Bind and connect happen within the call: the descriptor is not needed longer. */
function withShortPath<T>(path: string, use: (short: string) => T): T {
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES || process.platform !== 'linux') return use(path)
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    return use(`/proc/self/fd/${folder}/${basename(path)}`)
  } finally {
    closeSync(folder)
  }
}
