/** Route templates and errors of Fastify, by its channels and its hooks: before version 5 it has no channel that tells the route. */
import type { ServerResponse } from 'node:http'
import { subscribe } from 'node:diagnostics_channel'
import { reportFault } from '../guard/guard.ts'
import { onChannel, onTracing } from './channels.ts'
import { recordOf } from './http-server.ts'
import type { Instrumentation } from './instrumentation.ts'
import { noteFault } from './note-fault.ts'

interface Reply {
  readonly raw: ServerResponse
}

/** What the hook `onError` is called with; it also sees an error that is sent as a reply, which no channel publishes. */
type OnError = (request: unknown, reply: Reply, error: unknown, done: () => void) => void

type OnRequest = (request: FastifyRequest, reply: Reply, done: () => void) => void

interface Fastify {
  readonly version?: string
  addHook(name: 'onError', hook: OnError): unknown
  addHook(name: 'onRequest', hook: OnRequest): unknown
}

interface FastifyRequest {
  /** From 4.10 on. */
  readonly routeOptions?: { readonly url?: string }
  /** Before; to read it later is answered by a warning. */
  readonly routerPath?: string
}

interface FastifyMessage {
  readonly reply: Reply
  readonly route?: { readonly url?: string }
  readonly error?: unknown
}

export const fastify: Instrumentation = {
  name: 'fastify',
  package: 'fastify',
  versions: ['3.0.0', '6.0.0'],
  by: 'channel',
  records: 'route templates, exceptions, also those sent as replies',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach() {
    // Guarded here, as in http-server.ts, because it runs for each request.
    subscribe('tracing:fastify.request.handler:start', (message: unknown) => {
      try {
        const { reply, route } = message as FastifyMessage
        const record = recordOf(reply.raw)
        if (record && route?.url) record.routeTemplate = route.url
      } catch (error) {
        reportFault('fastify.start', error)
      }
    })
    onTracing<FastifyMessage>('fastify.request.handler', { error: ({ reply, error }) => noteFault(reply.raw, error) })
    onChannel('fastify.initialization', ({ fastify: started }: { readonly fastify: Fastify }) => {
      hookErrors(started)
      if (/^[34]\./.test(started.version ?? '')) hookRoutes(started)
    })
  },
}

function hookErrors(fastifyInstance: Fastify): void {
  fastifyInstance.addHook('onError', (_request, reply, error, done) => {
    noteFault(reply.raw, error)
    done()
  })
}

function hookRoutes(fastifyInstance: Fastify): void {
  fastifyInstance.addHook('onRequest', (request, reply, done) => {
    try {
      const record = recordOf(reply.raw)
      if (record) record.routeTemplate = routeOf(request) ?? record.routeTemplate
    } catch (error) {
      reportFault('fastify.route', error)
    }
    done()
  })
}

const routeOf = (request: FastifyRequest): string | undefined => (request.routeOptions ? request.routeOptions.url : request.routerPath)
