/** Sends datagrams to one address. A name is resolved each time, so that a receiver may move; IPv4 is preferred, IPv6 is used where there is no other. */
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** `192.0.2.1:162`, `[2001:db8::1]:162`. */
export const addressText = ({ host, port }: Address): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** What an address or a name stands for. */
export type Resolve = (host: string) => Promise<{ readonly address: string; readonly family: number }>

/** IPv4 is preferred, IPv6 is taken where there is no other. */
export const ipv4First: Resolve = (host) => lookup(host, { order: 'ipv4first' })

export interface Channel {
  /** @throws SPY_SNMP_RECEIVER */
  send(message: Buffer): Promise<void>
  close(): void
}

/** Opens its sockets when they are needed; they do not keep the process alive. */
export function openChannel(target: Address, onMessage: (message: Buffer) => void = () => {}, resolve = ipv4First): Channel {
  const sockets = new Map<number, Socket>()
  let isClosed = false

  function socketOf(family: number): Socket {
    const open = sockets.get(family)
    if (open) return open
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    socket.on('error', () => {}) // the callback of send reports it
    socket.on('message', onMessage)
    socket.unref()
    sockets.set(family, socket)
    return socket
  }

  return {
    async send(message) {
      try {
        const { address, family } = await resolve(target.host)
        if (!isClosed) await sendBy(socketOf(family), message, { host: address, port: target.port })
      } catch (error) {
        throw fail('SPY_SNMP_RECEIVER', [addressText(target), messageOf(error)], error)
      }
    },
    close() {
      isClosed = true
      for (const socket of sockets.values()) socket.close()
      sockets.clear()
    },
  }
}

function sendBy(socket: Socket, message: Buffer, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, port, host, (error) => (error ? reject(error) : resolve()))
  })
}
