/** The socket to which every process of the server sends its registry and its events. */
import net from 'node:net'
import { listenLocally, MessageStream } from '@spyglass/process/channel'
import type { RegistryMessage } from '@spyglass/process/keeper-link'
import type { Sources } from './sources.ts'

export interface RegistryServer {
  close(): void
}

/** Listens at the path until it is closed. */
export async function openRegistryServer(path: string, sources: Sources): Promise<RegistryServer> {
  const open = new Set<MessageStream>()
  const server = net.createServer((socket) => {
    const speaker = sources.connected()
    const stream = new MessageStream(socket, {
      onMessage: (message) => sources.said(speaker, message as RegistryMessage),
      onEnd() {
        open.delete(stream)
        sources.disconnected(speaker)
      },
    })
    open.add(stream)
  })
  await listenLocally(server, path)
  return {
    close() {
      server.close()
      for (const stream of open) stream.close()
    },
  }
}
