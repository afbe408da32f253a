/**
 * Answers 503 with Retry-After on a listener that no instance serves. A process of its own, since a socket once listened on cannot be
 * left again without closing it: the keeper starts this one after two seconds without an instance and ends it when one is back.
 */
import { HEADERS_TIMEOUT_MS, nodeLimits } from '@spyglass/process/http-server'
import http from 'node:http'
import type { ToChild } from '@spyglass/agent/contract'
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

process.on('message', (message: ToChild, handle: unknown) => {
  if (message.type === 'listener') server.listen(handle, () => process.send?.({ type: 'ready' }))
  if (message.type === 'stop') stop()
})
process.on('disconnect', stop)
process.on('SIGINT', () => {})
process.on('SIGTERM', stop)
process.on('SIGHUP', stop)
if (!process.connected) stop() // the keeper died before this was reached
