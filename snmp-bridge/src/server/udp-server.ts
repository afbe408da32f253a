/** The UDP socket of the agent: it passes each datagram to the core and returns the answer to the sender. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import type { AgentCore } from '../message/agent-core.ts'
import { ipv4First, type Resolve } from '../notification/channel.ts'

export interface UdpServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

export interface UdpServerOptions {
  /** An address, or a name that may have an IPv6 address only. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly core: AgentCore
  /** Called when a response cannot be sent, or the socket fails. */
  readonly onError: (error: Error) => void
  readonly resolve?: Resolve
}

/** Room for bursts while the loop is busy; the kernel caps it at net.core.rmem_max. */
const RECEIVE_BUFFER_BYTES = 4_194_304

/** @throws SPY_SNMP_PORT_TAKEN, SPY_SNMP_PORT_UNUSABLE */
export async function openUdpServer({ host, port, core, onError, resolve = ipv4First }: UdpServerOptions): Promise<UdpServer> {
  const socket = await boundSocket(host, port, resolve)
  const sent = (error: Error | null): void => {
    if (error) onError(error)
  }
  socket.on('error', onError)
  socket.on('message', (datagram, from) => {
    const answer = core(datagram)
    if (answer && from.port !== 0) socket.send(answer, from.port, from.address, sent)
  })
  return {
    host,
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

async function boundSocket(host: string, port: number, resolve: Resolve): Promise<Socket> {
  let socket: Socket | undefined
  try {
    const { address, family } = await resolve(host)
    socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
    const bound = once(socket, 'listening')
    socket.bind(port, address)
    await bound
    return socket
  } catch (error) {
    socket?.close()
    if (codeOf(error) === 'EADDRINUSE') throw fail('SPY_SNMP_PORT_TAKEN', [port, host], error)
    throw fail('SPY_SNMP_PORT_UNUSABLE', [port, host, messageOf(error)], error)
  }
}
