/**
 * Asks an application for a path as a client would: over a connection, through the listener with its limits and compression, by host and context path. It passes no TLS, no
 * client certificate and no redirect, and is not counted, logged or recorded. Not by `http.request`: the agent would record that.
 */
import type { Socket } from 'node:net'
import { messageOf } from '@spyglass/agent/contract'
import { peerLine, peerText } from '@spyglass/process/listener'

export interface ProbeTarget {
  /** Opens the connection. */
  readonly connect: () => Promise<Socket>
  /** What Host says. */
  readonly host: string
  /** With the context path. */
  readonly url: string
  /** Whether the application expects to be told its client by the router. */
  readonly isBehindRouter: boolean
}

const STATUS = /^HTTP\/1\.\d (\d{3})[^\r\n]*\r\n/
const INFORMATION = /^HTTP\/1\.\d 1\d\d[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/
const LOCAL = '127.0.0.1'
const ROUTER_LINE = peerLine(
  LOCAL,
  peerText({ remoteAddress: LOCAL, remotePort: 0, localAddress: LOCAL, localPort: 0, isSecure: false, isHttp2: false }),
)
/** The status is at the beginning. */
const MAX_HEAD = 65_536

/** Resolves with what is wrong: a status below 200 or from 400 on, no answer in time, a broken one. Never rejects. */
export async function probeBySocket(target: ProbeTarget, path: string, timeoutMs: number): Promise<string | undefined> {
  let socket: Socket | undefined
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`GET ${path} was not answered within ${timeoutMs} ms`), timeoutMs).unref()
  })
  const asked = target
    .connect()
    .then((opened) => statusOf((socket = opened), target))
    .then((status) => problemOf(path, status))
    .catch((error: unknown) => `GET ${path} failed: ${messageOf(error)}`)
  const problem = await Promise.race([asked, late])
  clearTimeout(timer)
  socket?.destroy()
  void asked.finally(() => socket?.destroy()) // it may be opened only now
  return problem
}

/** When the answer is whole; undefined where none came. */
async function statusOf(socket: Socket, { url, host, isBehindRouter }: ProbeTarget): Promise<number | undefined> {
  const lines = `host: ${host}\r\nuser-agent: spyglass-health\r\naccept: */*\r\nconnection: close\r\n${isBehindRouter ? ROUTER_LINE : ''}`
  socket.write(`GET ${url} HTTP/1.1\r\n${lines}\r\n`, 'latin1')
  let head = ''
  socket.on('error', () => {}) // its close follows
  socket.on('data', (chunk: Buffer) => {
    if (head.length < MAX_HEAD) head += chunk.toString('latin1')
  })
  await new Promise((resolve) => socket.once('close', resolve).once('end', resolve))
  while (INFORMATION.test(head)) head = head.replace(INFORMATION, '')
  const status = STATUS.exec(head)?.[1]
  return status === undefined ? undefined : Number(status)
}

function problemOf(path: string, status: number | undefined): string | undefined {
  if (status === undefined) return `GET ${path} was not answered: the connection closed`
  return status >= 200 && status < 400 ? undefined : `GET ${path} was answered ${status}`
}
