/** A connection that changed its protocol: bytes go both ways until one side ends. The frames of a WebSocket are followed, so that it can be closed in order. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Upgrades } from '../front/upgrade/upgrades.ts'
import type { ResponseHead } from './response-head.ts'
import type { UpstreamConnection } from './upstream.ts'

export interface TunnelOptions {
  readonly client: Socket
  readonly connection: UpstreamConnection
  /** The answer 101. */
  readonly head: ResponseHead
  /** What the application sent behind it. */
  readonly rest: Buffer
  /** What the client sent ahead. */
  readonly ahead: Buffer | undefined
  readonly upgrades: Upgrades
}

export function openTunnel({ client, connection, head, rest, ahead, upgrades }: TunnelOptions): void {
  const upstream = connection.socket
  upgrades.add({ headers: { upgrade: head.upgrade } } as IncomingMessage, client, ahead ?? Buffer.alloc(0))
  connection.user = {
    connected() {},
    received: (bytes, length) => client.write(Buffer.from(bytes.subarray(0, length))),
    drained: () => void client.resume(),
    closed: (error) => void (error ? client.destroy() : client.end()),
    abandoned() {},
  }
  client.write(`${head.statusLine}\r\n${head.lines}connection: upgrade\r\nupgrade: ${head.upgrade}\r\n\r\n`, 'latin1')
  if (rest.length > 0) client.write(rest)
  if (ahead) upstream.write(ahead)
  client.on('data', (chunk: Buffer) => upstream.write(chunk) || client.pause())
  client.on('drain', () => upstream.resume())
  client.on('end', () => upstream.end())
  client.on('close', () => connection.close())
}
