/**
 * The sockets to which every process of the server sends its registry and its events: a common one for the processes of the server's own user, and one for
 * each application with a user of its own, on which nobody can speak for others.
 */
import { chmodSync, lchownSync } from 'node:fs'
import net from 'node:net'
import { REGISTRY_SOCKET } from '@spyglass/process/checked-config'
import { listenInherited, listenLocally, MessageStream, removeSocket } from '@spyglass/process/channel'
import type { RegistrySocket } from '@spyglass/process/keeper-link'
import type { Sources } from './sources.ts'

export interface RegistryServer {
  /** Opens what is missing of these and closes what is not among them. */
  adjust(sockets: readonly RegistrySocket[]): void
  close(): void
}

interface OpenSocket {
  readonly wanted: RegistrySocket
  close(): void
}

/** Listens on the inherited socket, or else at the path, until it is closed. `onFailure`: a further socket could not be opened; it is tried again with the next adjustment. */
export async function openRegistryServer(
  path: string,
  sources: Sources,
  onFailure: (error: unknown) => void = () => {},
): Promise<RegistryServer> {
  const common = await openSocket(path, sources, { inheritedAs: REGISTRY_SOCKET })
  const further = new Map<string, OpenSocket | 'opening'>()

  async function open(wanted: RegistrySocket): Promise<void> {
    further.set(wanted.path, 'opening')
    try {
      const socket = await openSocket(wanted.path, sources, { mayBe: wanted.sources })
      further.set(wanted.path, { wanted, close: () => socket.close() })
      lchownSync(wanted.path, process.getuid?.() ?? 0, wanted.gid)
      chmodSync(wanted.path, 0o660)
    } catch (error) {
      further.delete(wanted.path)
      onFailure(error)
    }
  }

  return {
    adjust(sockets) {
      const wanted = new Map(sockets.map((socket) => [socket.path, socket]))
      for (const [name, socket] of further) {
        if (socket === 'opening' || isSame(socket.wanted, wanted.get(name))) continue
        further.delete(name)
        socket.close()
        removeSocket(name)
      }
      for (const socket of sockets) if (!further.has(socket.path)) void open(socket)
    },
    close() {
      common.close()
      for (const socket of further.values()) if (socket !== 'opening') socket.close()
    },
  }
}

const isSame = (one: RegistrySocket, other: RegistrySocket | undefined): boolean =>
  other !== undefined && one.gid === other.gid && one.sources.join() === other.sources.join()

interface SocketOptions {
  readonly inheritedAs?: string
  readonly mayBe?: readonly string[]
}

async function openSocket(path: string, sources: Sources, { inheritedAs, mayBe }: SocketOptions): Promise<{ close(): void }> {
  const open = new Set<MessageStream>()
  const server = net.createServer((socket) => {
    const speaker = sources.connected((answer) => stream.send(answer), mayBe)
    const stream: MessageStream = new MessageStream(socket, {
      onMessage: (message) => sources.heard(speaker, message),
      onEnd() {
        open.delete(stream)
        sources.disconnected(speaker)
      },
    })
    open.add(stream)
  })
  if (inheritedAs === undefined || !(await listenInherited(server, inheritedAs))) await listenLocally(server, path)
  return {
    close() {
      server.close()
      for (const stream of open) stream.close()
    },
  }
}
