/**
 * A server that believes it listens, while its requests come from another one: several applications share the socket of one process, or
 * a program called `listen()` after its exports were already served.
 */
import net, { type AddressInfo, type Server } from 'node:net'
import type { ListenRequest } from './listen-request.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** `at` is what it says it listens on. The caller emits `listening`. */
export function pretendToListen(server: Server, { callback, options }: ListenRequest, at: () => ServerAddress): void {
  if (callback) server.once('listening', callback)
  const close = (done?: (error?: Error) => void): Server => {
    Reflect.deleteProperty(server, 'listening')
    Reflect.deleteProperty(server, 'close')
    Reflect.deleteProperty(server, 'address')
    process.nextTick(() => {
      done?.()
      server.emit('close')
    })
    return server
  }
  const own = { configurable: true, writable: true }
  Object.defineProperties(server, {
    listening: { ...own, value: true },
    address: { ...own, value: () => addressInfo(at()) },
    close: { ...own, value: close },
  })
  const { signal } = options
  if (signal instanceof AbortSignal) signal.addEventListener('abort', () => server.close(), { once: true })
}

const addressInfo = ({ host, port }: ServerAddress): AddressInfo => ({ address: host, family: net.isIPv6(host) ? 'IPv6' : 'IPv4', port })
