/** A receiver of notifications: a v2c manager, which gets traps, or a v3 manager, which gets informs that are retried until acknowledged. */
import { BerWriter } from '../ber/writer.ts'
import { type Address, addressText, openChannel } from './channel.ts'
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

export function createTrapReceiver({ community, ...address }: Address & { readonly community: string }): Receiver {
  const channel = openChannel(address)
  const writer = new BerWriter(0, 16_384)
  let requestId = 0
  return {
    name: addressText(address),
    acknowledges: false,
    async deliver(notification) {
      writer.reset()
      requestId = (requestId + 1) & 0x7fff_ffff
      writeNotification(writer, 'trap', notification, requestId)
      await channel.send(sealV2c(writer, community))
    },
    close: () => channel.close(),
  }
}
