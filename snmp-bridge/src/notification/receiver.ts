/** A receiver of notifications: a v2c manager, which gets traps, or a v3 manager, which gets informs that are retried until acknowledged. */
import { createSocket, type Socket } from 'node:dgram'
import { BerWriter } from '../ber/writer.ts'
import { fail } from '../errors.ts'
import { sealV2c, type Notification, writeNotification } from './message.ts'

export interface Receiver {
  /** `127.0.0.1:162` */
  readonly name: string
  /** Whether it says that it has a notification. */
  readonly acknowledges: boolean
  /** Delivers, or throws SPY_SNMP_RECEIVER. A trap counts as delivered when it is sent. */
  deliver(notification: Notification): Promise<void>
  close(): void
}

export interface Address {
  readonly host: string
  readonly port: number
}

export function createTrapReceiver({ host, port, community }: Address & { readonly community: string }): Receiver {
  const socket = openSocket(host)
  const writer = new BerWriter(0, 16_384)
  const name = `${host}:${port}`
  let requestId = 0
  return {
    name,
    acknowledges: false,
    async deliver(notification) {
      writer.reset()
      requestId = (requestId + 1) & 0x7fff_ffff
      writeNotification(writer, 'trap', notification, requestId)
      await send(socket, sealV2c(writer, community), { host, port })
    },
    close: () => socket.close(),
  }
}

/** A socket for sending; it does not keep the process alive. */
export function openSocket(host: string): Socket {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.on('error', () => {}) // the callback of send reports it
  socket.unref()
  return socket
}

/** @throws SPY_SNMP_RECEIVER */
export function send(socket: Socket, message: Buffer, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, port, host, (error) => {
      if (error) reject(fail('SPY_SNMP_RECEIVER', [`${host}:${port}`, error.message], error))
      else resolve()
    })
  })
}
