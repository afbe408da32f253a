/**
 * One connection to a directory. The library connects again by itself where it was cut off, and then in the clear and as nobody, even in the middle of a
 * question: a connection here is connected once.
 */
import { readFileSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import tls, { type ConnectionOptions } from 'node:tls'
import type { Client } from 'ldapts'
import { wrongShape } from '@spyglass/process/durable-file'

export interface LdapPlace {
  readonly url: string
  readonly startTls: boolean
  /** File with the certificates of authorities. */
  readonly ca?: string | undefined
  readonly timeoutMs: number
}

export class LdapConnection {
  readonly client: Client
  readonly #place: LdapPlace
  readonly #sockets: Socket[]

  private constructor(place: LdapPlace, client: Client, sockets: Socket[]) {
    this.#place = place
    this.client = client
    this.#sockets = sockets
  }

  static async make(place: LdapPlace): Promise<LdapConnection> {
    const { Client: LdapClient } = await import('ldapts')
    const { url, timeoutMs } = place
    const sockets: Socket[] = []
    const client = new LdapClient({
      url,
      timeout: timeoutMs,
      connectTimeout: timeoutMs,
      createConnection: once(net.connect, sockets),
      ...(isTls(url) ? { createSecureConnection: once(tls.connect, sockets), tlsOptions: tlsOptionsOf(place) } : {}),
    })
    return new LdapConnection(place, client, sockets)
  }

  get isOpen(): boolean {
    return this.client.isConnected
  }

  /** Before anything else is sent. @throws if the directory is not the one that the authorities know */
  async secure(): Promise<void> {
    if (this.#place.startTls && !isTls(this.#place.url)) await this.client.startTLS(tlsOptionsOf(this.#place))
  }

  /** At once, whatever it is in the middle of. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

const isTls = (url: string): boolean => url.toLowerCase().startsWith('ldaps:')

/** The file is read for each connection: an authority may be renewed. */
function tlsOptionsOf({ url, ca }: LdapPlace): ConnectionOptions {
  return { host: new URL(url).hostname, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca: readFileSync(ca) }) }
}

/** A function that connects no second time. */
function once<F extends (...args: never[]) => Socket>(connect: F, sockets: Socket[]): F {
  return ((...args: Parameters<F>) => {
    if (sockets.length > 0) throw wrongShape('the directory has cut off the connection')
    const socket = connect(...args)
    sockets.push(socket)
    return socket
  }) as F
}
