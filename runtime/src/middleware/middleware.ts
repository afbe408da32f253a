/** One decision about a request as plugin or middleware of Fastify, Express and Koa. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerRefused, type RefusalReason } from '@spyglass/process/listener'
import { type Clock, systemClock } from '../clock/index.ts'
import { type Handled, hasGone, onceHandled } from './handler-end.ts'

/** What becomes of a request. */
export interface Verdict {
  /** Why it is refused; undefined: it goes on, unless it was answered. */
  readonly reason?: RefusalReason | undefined
  /** Fields for the answer, that of the application or the refusal. */
  readonly fields?: Readonly<Record<string, string>>
  /** It has been answered. */
  readonly isAnswered?: true
  /** Called once when its handler has ended, for a request that goes on. */
  readonly handled?: Handled
  /** Somebody waits for `end()` of the response, which is to come with the answer even if its client has gone. */
  readonly isRecorded?: true
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
  readonly body?: unknown
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

export function middlewareOf<Request>(judge: Judge<Request>, clock: Clock = systemClock): Middleware<Request> {
  return { express: expressOf(judge, clock), koa: koaOf(judge, clock), fastify: fastifyOf(judge, clock) }
}

const expressOf =
  <Request>(judge: Judge<Request>, clock: Clock): Middleware<Request>['express'] =>
  (request, response, next) =>
    void handOn(judged(judge, request, response, clock), next)

/** `next` is called where nothing is caught: what a handler throws must not call it again. */
async function handOn(verdict: ReturnType<typeof judged>, next: (error?: unknown) => void): Promise<void> {
  const outcome = await verdict
  if ('error' in outcome) next(outcome.error)
  else if (outcome.goesOn) next()
}

async function judged<Request>(
  judge: Judge<Request>,
  request: Request & IncomingMessage,
  response: ServerResponse,
  clock: Clock,
): Promise<{ readonly goesOn: boolean; readonly error?: unknown }> {
  try {
    const verdict = await judge(request, request, response)
    if (verdict.handled) onceHandled(response, verdict.handled, clock)
    for (const [name, value] of Object.entries(verdict.fields ?? {})) if (!verdict.isAnswered) response.setHeader(name, value)
    return { goesOn: goesOn(verdict, request, response) }
  } catch (error) {
    return { goesOn: false, error }
  }
}

const koaOf =
  <Request>(judge: Judge<Request>, clock: Clock): Middleware<Request>['koa'] =>
  async (context, next) => {
    const verdict = await judge(context as Request, context.req, context.res)
    for (const [name, value] of Object.entries(verdict.fields ?? {})) if (!verdict.isAnswered) context.set(name, value)
    if (!goesOn(verdict, context.req, context.res)) {
      context.respond = false
      return
    }
    try {
      await next()
      if (verdict.isRecorded) endUnsent(context)
    } catch (error) {
      if (verdict.isRecorded) endFailed(context)
      throw error
    } finally {
      if (context.respond === false && verdict.handled) onceHandled(context.res, verdict.handled, clock)
      else verdict.handled?.release()
    }
  }

/** Koa itself ends the response of a client that has gone without its body, … */
function endUnsent(context: KoaContext): void {
  const { body } = context
  if (!isUnsent(context) || isStreamed(body)) return
  context.res.end(
    typeof body === 'string' || body instanceof Uint8Array || body === undefined || body === null ? body : JSON.stringify(body),
  )
}

/** … or not at all if something was thrown. */
function endFailed(context: KoaContext): void {
  if (!isUnsent(context)) return
  context.res.statusCode = 500
  context.res.end()
}

const isUnsent = ({ res, respond }: KoaContext): boolean => respond !== false && hasGone(res) && !res.writableEnded

const isStreamed = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && ['pipe', 'getReader', 'stream', 'arrayBuffer'].some((name) => name in body)

function fastifyOf<Request>(judge: Judge<Request>, clock: Clock): Middleware<Request>['fastify'] {
  const plugin: Middleware<Request>['fastify'] = async (app, { hook = 'onRequest' } = {}) => {
    app.addHook(hook, async (request, reply) => {
      const verdict = await judge(request as Request, request.raw, reply.raw)
      if (verdict.handled) onceHandled(reply.raw, verdict.handled, clock)
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
