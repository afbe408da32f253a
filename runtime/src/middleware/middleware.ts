/** One decision about a request as plugin or middleware of Fastify, Express and Koa. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerRefused, type RefusalReason } from '@spyglass/process/listener'

/** What becomes of a request. */
export interface Verdict {
  /** Why it is refused; undefined: it goes on, unless it was answered. */
  readonly reason?: RefusalReason | undefined
  /** Fields for the answer, that of the application or the refusal. */
  readonly fields?: Readonly<Record<string, string>>
  /** It has been answered. */
  readonly isAnswered?: true
}

/** `request` is that of the framework, `raw` that of Node. A rejection is the framework's to handle. */
export type Judge<Request> = (request: Request, raw: IncomingMessage, response: ServerResponse) => Promise<Verdict>

interface FastifyRequest {
  readonly raw: IncomingMessage
}

interface FastifyReply {
  readonly raw: ServerResponse
  hijack(): unknown
  header(name: string, value: string): unknown
}

export interface FastifyInstance {
  addHook(name: string, hook: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown
}

export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  respond?: boolean
  set(name: string, value: string): void
}

export interface FastifyHook {
  /** Default: `onRequest`, before the body is read. `preHandler`: after authentication, when the account is known. */
  readonly hook?: 'onRequest' | 'preHandler'
}

export interface Middleware<Request> {
  /** `app.use(… .express)` */
  readonly express: (request: Request & IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void
  /** `app.use(… .koa)` */
  readonly koa: (context: KoaContext, next: () => Promise<unknown>) => Promise<void>
  /** `app.register(… .fastify)` */
  readonly fastify: (app: FastifyInstance, options?: FastifyHook) => Promise<void>
}

export function middlewareOf<Request>(judge: Judge<Request>): Middleware<Request> {
  return { express: expressOf(judge), koa: koaOf(judge), fastify: fastifyOf(judge) }
}

const expressOf =
  <Request>(judge: Judge<Request>): Middleware<Request>['express'] =>
  (request, response, next) =>
    void judged(judge, request, response, next)

async function judged<Request>(
  judge: Judge<Request>,
  request: Request & IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): Promise<void> {
  try {
    const verdict = await judge(request, request, response)
    for (const [name, value] of Object.entries(verdict.fields ?? {})) if (!verdict.isAnswered) response.setHeader(name, value)
    if (goesOn(verdict, request, response)) next()
  } catch (error) {
    next(error)
  }
}

const koaOf =
  <Request>(judge: Judge<Request>): Middleware<Request>['koa'] =>
  async (context, next) => {
    const verdict = await judge(context as Request, context.req, context.res)
    for (const [name, value] of Object.entries(verdict.fields ?? {})) if (!verdict.isAnswered) context.set(name, value)
    if (goesOn(verdict, context.req, context.res)) await next()
    else context.respond = false
  }

function fastifyOf<Request>(judge: Judge<Request>): Middleware<Request>['fastify'] {
  const plugin: Middleware<Request>['fastify'] = async (app, { hook = 'onRequest' } = {}) => {
    app.addHook(hook, async (request, reply) => {
      const verdict = await judge(request as Request, request.raw, reply.raw)
      if (verdict.reason === undefined && !verdict.isAnswered) {
        for (const [name, value] of Object.entries(verdict.fields ?? {})) reply.header(name, value)
        return undefined
      }
      reply.hijack()
      goesOn(verdict, request.raw, reply.raw)
      return reply
    })
  }
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true }) // the hook is for the routes beside it, as those of fastify-plugin are
}

/** Whether the application is to see the request; if it is refused, it is answered. */
function goesOn({ reason, fields, isAnswered }: Verdict, request: IncomingMessage, response: ServerResponse): boolean {
  if (reason !== undefined) answerRefused(request, response, reason, fields)
  return reason === undefined && !isAnswered
}
