/**
 * Programs that fork workers with node:cluster: the primary opens a server for each port that a worker asks for, and hands out its
 * connections. A worker refuses a socket of another port than it asked for (checkBindError in Node's lib/net.js), so it is told its own.
 */
import type { Cluster } from 'node:cluster'
import type { Server } from 'node:net'

interface Handle {
  getsockname(out: { port?: number }): number
}

/** To be called before the server of the primary listens. Does nothing for any other server. */
export function keepAskedPort(server: Server, port: number): void {
  if (!isClusterPrimary()) return
  server.prependOnceListener('listening', () => {
    const { _handle: handle } = server as unknown as { _handle?: Handle }
    if (!handle) return
    const getsockname = handle.getsockname.bind(handle)
    handle.getsockname = (out) => {
      const error = getsockname(out)
      out.port = port
      return error
    }
  })
}

/** Whether this process has forked workers of a cluster. */
export function isClusterPrimary(): boolean {
  const { workers } = process.getBuiltinModule('cluster') as unknown as Cluster
  return Object.keys(workers ?? {}).length > 0
}
