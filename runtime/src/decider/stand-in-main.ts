/**
 * Answers 503 with Retry-After on a listener that no instance serves. A process of its own, since a socket once listened on cannot be
 * left again without closing it: it is started after two seconds without an instance and ends when one is back.
 */
import { HEADERS_TIMEOUT_MS, nodeLimits } from '@spyglass/process/http-server'
import http from 'node:http'
import net from 'node:net'
import { inherited, MessageStream } from '@spyglass/process/channel'
import type { FromChild, ToChild } from '@spyglass/process/keeper-link'
import { listenerErrors } from '../listener/errors.ts'
import { guardOutput } from '@spyglass/process/output'

const RETRY_AFTER_SECONDS = '2'
const BODY = `${JSON.stringify({ code: 'SPY_NO_INSTANCE', message: listenerErrors.SPY_NO_INSTANCE })}\n`

guardOutput('stand-in')

const headersTimeoutMs = Number(process.argv[2] ?? HEADERS_TIMEOUT_MS)
const limits = nodeLimits({ requestTimeoutMs: 30_000, keepAliveTimeoutMs: 5000, headersTimeoutMs })

const server = http.createServer(limits, (_request, response) => {
  response.writeHead(503, {
    'content-type': 'application/json',
    'retry-after': RETRY_AFTER_SECONDS,
    'content-length': Buffer.byteLength(BODY),
    connection: 'close',
  })
  response.end(BODY)
})

/** Answers accepted requests, then exits. */
function stop(): void {
  server.close(() => process.exit(0))
  setTimeout(() => process.exit(0), 1000).unref()
}

const given = inherited()
const channel = new MessageStream(new net.Socket({ fd: given?.channel ?? -1, readable: true, writable: true }), {
  onMessage: (message) => (message as ToChild).type === 'stop' && stop(),
  onEnd: stop,
})
const [fd] = Object.values(given?.listeners ?? {})
server.listen({ fd }, () => channel.send({ type: 'ready' } satisfies FromChild))
setInterval(() => channel.send({ type: 'pulse' } satisfies FromChild), 1000).unref()
process.on('SIGINT', () => {})
process.on('SIGTERM', stop)
process.on('SIGHUP', stop)
