/** Route templates and errors of Fastify 5, by its tracing channel. */
import { subscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { guarded } from '../guard/guard.ts'
import { recordOf } from './http-server.ts'

interface FastifyMessage {
  readonly reply: { readonly raw: ServerResponse }
  readonly route?: { readonly url?: string }
  readonly error?: unknown
}

export function instrumentFastify(): void {
  subscribe(
    'tracing:fastify.request.handler:start',
    guarded('fastify.start', (message: unknown) => {
      const { reply, route } = message as FastifyMessage
      const record = recordOf(reply.raw)
      if (record && route?.url) record.routeTemplate = route.url
    }),
  )
  subscribe(
    'tracing:fastify.request.handler:error',
    guarded('fastify.error', (message: unknown) => {
      const { reply, error } = message as FastifyMessage
      const record = recordOf(reply.raw)
      if (record && isServerFault(error)) record.error = error
    }),
  )
}

/** An error with a status below 500 is an answer to the client, not a fault: validation, not found … */
function isServerFault(error: unknown): boolean {
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  return typeof status !== 'number' || status >= 500
}
