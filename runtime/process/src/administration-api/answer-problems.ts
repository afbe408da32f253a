/** Gives every error of a server, also of Fastify before a handler ran, as a problem document (RFC 9457) with a code of ours. */
import { codeOf } from '@spyglass/agent/contract'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fail } from './errors.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'

export interface ProblemOptions {
  /** Media types of bodies. Default: JSON. */
  readonly accepts?: readonly string[]
  /** Whether an error of a POST may be the outcome of an operation, which is a conflict (409) whatever its code. Default: no. */
  readonly hasOperations?: boolean
  /** Asked before a path or a method is refused; what it throws is the answer. Only who may ask learns which paths there are. Default: everybody may. */
  readonly admit?: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  /** Called with what is answered with a status of 500 or more. */
  readonly onFault?: ((error: unknown, request: FastifyRequest) => void) | undefined
}

const JSON_ONLY = ['application/json'] as const

/**
 * For this instance and those below it; before its routes. A path that exists is answered 405 with `Allow` for a method that it does not have
 * (RFC 9110 section 15.5.6), any other 404.
 */
export function answerProblems(app: FastifyInstance, options: ProblemOptions = {}): void {
  const routes: Route[] = []
  app.addHook('onRoute', ({ url, method }) => void routes.push({ pattern: patternOf(url), methods: [method].flat() }))
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(reply, named(error, request, options), options))
  const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    await options.admit?.(request, reply)
    const path = pathOf(request)
    const allowed = new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))
    if (allowed.size === 0 || allowed.has(request.method)) throw fail('SPY_API_NOT_FOUND', [path])
    const allow = [...allowed].join(', ')
    void reply.header('allow', allow)
    throw fail('SPY_API_METHOD', [request.method, path, allow])
  }
  // before the body is parsed, which may be of any type, and after hooks have asked who it is
  app.addHook('preParsing', async (request, reply) => (request.is404 ? refuse(request, reply) : undefined))
  app.setNotFoundHandler(refuse)
}

/**
 * The option `routerOptions` of a Fastify server that knows who is asking. A parameter that is too long is refused before any hook, which would tell
 * anybody which paths there are; so none is: Node's limit of a head (16 KiB) is lower.
 */
export const routerOptions = { maxParamLength: 65_536 } as const

/** The option `frameworkErrors` of a Fastify server: what is wrong with a URL before any route is found. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  void sendProblem(reply, named(error, request, {}), {})
}

interface Route {
  readonly pattern: RegExp
  readonly methods: readonly string[]
}

/** `/applications/:name` and `/assets/*` as a pattern of paths. */
function patternOf(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/)
  const pattern = parts.map((part, i) =>
    i % 2 === 0 ? part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`) : part === '*' ? '.*' : '[^/]+',
  )
  return new RegExp(`^${pattern.join('')}$`)
}

export const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? url

export const mediaTypeOf = ({ headers }: FastifyRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

export const wrongMediaType = (request: FastifyRequest, accepted: readonly string[] = JSON_ONLY): Error =>
  fail('SPY_API_MEDIA_TYPE', [mediaTypeOf(request) || 'unknown', accepted.join(' or ')])

/** What Fastify found wrong, with a code of ours. */
function named(error: FastifyError, request: FastifyRequest, { accepts }: ProblemOptions): Error {
  if (codeOf(error)?.startsWith('SPY_')) return error
  if (error.statusCode === 415) return wrongMediaType(request, accepts)
  if (error.statusCode === 413) return fail('SPY_API_TOO_LARGE', [request.routeOptions.bodyLimit], error)
  if (error.code === 'FST_ERR_BAD_URL') return fail('SPY_API_PATH', [pathOf(request)], error)
  if (error.statusCode === 414 || error.statusCode === 404) return fail('SPY_API_NOT_FOUND', [pathOf(request)], error)
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return fail('SPY_API_BODY', [error.message], error)
  return error
}

/** Answers with an error where a protocol of its own would answer with another document. */
export const answerProblem = (reply: FastifyReply, error: Error): FastifyReply => sendProblem(reply, error, {})

function sendProblem(
  reply: FastifyReply,
  error: Error,
  { accepts = JSON_ONLY, hasOperations = false, onFault }: ProblemOptions,
): FastifyReply {
  const { request } = reply
  const problem = problemOf(error, hasOperations && request.method === 'POST')
  if (problem.status >= 500) onFault?.(error, request)
  if (problem.status === 503 && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1')
  if (problem.status === 413) void reply.header('connection', 'close') // what is left of the body is not waited for
  if (problem.status === 415) void reply.header('accept', accepts.join(', '))
  return reply.code(problem.status).headers({ 'cache-control': 'no-store' }).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}
