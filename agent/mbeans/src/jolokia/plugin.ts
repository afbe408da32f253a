/**
 * The MBean endpoint as a Fastify plugin. The path is taken from the raw URL, since a router would decode and collapse what the
 * protocol escapes itself. Responses: HTTP 200 with JSON for anything about an MBean, HTTP 400 with text for malformed requests.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Registry } from '@spyglass/agent/registry'
import { withAliases } from '../platform/aliases.ts'
import { buildRequest } from './build-request.ts'
import type { CallerRules } from '@spyglass/agent/contract'
import { callerRefusal } from './caller.ts'
import { type Endpoint, type EndpointOptions, createEndpoint, registerEndpointBeans } from './endpoint.ts'
import { fail, jolokiaCodeOf, wireErrorOf } from './errors.ts'
import { acceptsGzip } from './gzip-prefix.ts'
import { createLru } from './lru.ts'
import { type Parameters, defaultParameters, queryParameters } from './parameters.ts'
import { type Fields, parseGet } from './parse-get.ts'
import type { JolokiaRequest, NotificationRequest } from './request.ts'

export interface JolokiaOptions extends Omit<EndpointOptions, 'source'> {
  /** Where it is mounted. Default `/jolokia`. */
  readonly path?: string
  /** Registries besides the main one, each at `<path>/node/<name>`; undefined for an unknown name. */
  readonly nodes?: (name: string) => Registry | undefined
  /** Host names and origins that are allowed besides localhost and IP addresses. */
  readonly caller?: CallerRules
  /** Largest body. Default 1 MiB. */
  readonly maxBodyBytes?: number
}

/** Maximum requests in one bulk. */
const MAX_BULK = 1000
/** Maximum size of a bulk answer; the member that exceeds it is the last one answered. */
const MAX_BULK_ANSWER = 8_388_608
const DEFAULT_MAX_BODY_BYTES = 1_048_576
/** Number of parsed GET requests that are cached, and the longest URL among them. */
const REMEMBERED_URLS = 2000
const MAX_REMEMBERED_URL_LENGTH = 512
/** Scheme and host of a request target in absolute form (RFC 9112 §3.2.2), as proxies send it. */
const ORIGIN = /^https?:\/\/[^/]*/i

/** Mounts the endpoint and registers its own MBeans; closing the server removes both. Register it as a plugin: it has its own parsers. */
export async function jolokiaPlugin(fastify: FastifyInstance, options: JolokiaOptions): Promise<void> {
  const { path = '/jolokia', maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options
  const root = `${fastify.prefix}${path}`
  const main = openEndpoint(options, root)
  const nodes = new NodeEndpoints(options, `${root}/node/`)
  fastify.addHook('preClose', async () => {
    main.dispose()
    nodes.dispose()
  })
  fastify.addHook('onRequest', (message, _reply, done) => done(callerRefusal(message, options.caller)))
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBodyBytes }, (_request, body, done) => done(null, body))
  fastify.setErrorHandler((error, _request, reply) => sendBadRequest(reply, error))
  const mount = (url: string, { get, post }: Handler): void => {
    fastify.get(url, { exposeHeadRoute: false }, get)
    fastify.post(url, { bodyLimit: maxBodyBytes }, post)
    fastify.route({ method: ['PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'], url, handler: refuseMethod })
  }
  for (const url of [path, `${path}/*`]) mount(url, main.handler)
  if (options.nodes) for (const url of [`${path}/node/:node`, `${path}/node/:node/*`]) mount(url, nodes)
}

interface OpenEndpoint {
  readonly registry: Registry
  readonly handler: Handler
  readonly dispose: () => void
}

function openEndpoint(options: JolokiaOptions, base: string): OpenEndpoint {
  const { registry } = options
  const endpoint = createEndpoint({ ...options, source: withAliases(registry) })
  return { registry, handler: createHandler(endpoint, base), dispose: registerEndpointBeans(options, endpoint) }
}

/** An endpoint for each node that was ever requested; nodes are named after the server's processes. */
class NodeEndpoints implements Handler {
  readonly #options: JolokiaOptions
  readonly #base: string
  readonly #open = new Map<string, OpenEndpoint>()

  constructor(options: JolokiaOptions, base: string) {
    this.#options = options
    this.#base = base
  }

  readonly get: Handler['get'] = (message, reply) => this.#handler(message).get(message, reply)
  readonly post: Handler['post'] = (message, reply) => this.#handler(message).post(message, reply)

  dispose(): void {
    for (const { dispose } of this.#open.values()) dispose()
  }

  #handler(message: FastifyRequest): Handler {
    const { node: name } = message.params as { readonly node: string }
    const registry = this.#options.nodes?.(name)
    if (!registry) throw fail('SPY_JOLOKIA_NO_NODE', [name.slice(0, 100)])
    let known = this.#open.get(name)
    if (known?.registry !== registry) {
      known?.dispose()
      const { feed: _, ...options } = this.#options // a node has events of its own
      known = openEndpoint({ ...options, registry }, this.#base + encodeURIComponent(name))
      this.#open.set(name, known)
    }
    return known.handler
  }
}

interface Handler {
  readonly get: (request: FastifyRequest, reply: FastifyReply) => FastifyReply
  readonly post: (request: FastifyRequest, reply: FastifyReply) => FastifyReply
}

function createHandler(endpoint: Endpoint, base: string): Handler {
  const remembered = createLru<JolokiaRequest>(REMEMBERED_URLS)

  function requestOf(url: string): JolokiaRequest {
    const known = remembered.get(url)
    if (known) return known
    const { path, query } = splitUrl(url, base)
    const request = buildRequest(parseGet(path, query), queryParameters(query))
    if (url.length <= MAX_REMEMBERED_URL_LENGTH) remembered.set(url, request)
    return request
  }

  function answer(request: JolokiaRequest, message: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (request.type === 'notification' && request.command === 'open') return openStream(endpoint, request, message, reply)
    const { body, isGzip } = endpoint.answerBytes(request, baseUrl(message, base), acceptsGzip(message.headers['accept-encoding']))
    if (isGzip !== undefined) reply.header('vary', 'accept-encoding')
    if (isGzip) reply.header('content-encoding', 'gzip')
    return sendJson(reply, body, request.parameters)
  }

  return {
    get(message, reply) {
      return answer(requestOf(message.raw.url ?? base), message, reply)
    },
    post(message, reply) {
      const parameters = parametersOf(message.raw.url ?? base, base)
      const body = parseBody(message.body)
      const url = baseUrl(message, base)
      if (isFields(body)) return answer(buildRequest(body, parameters), message, reply)
      return sendJson(reply, answerBulk(endpoint, { body, parameters, url }), parameters)
    },
  }
}

interface Bulk {
  readonly body: readonly unknown[]
  readonly parameters: Parameters
  readonly url: string
}

/** A short bulk can request a long list a thousand times: members after the limit are refused one by one. */
function answerBulk(endpoint: Endpoint, { body, parameters, url }: Bulk): string {
  let length = 0
  const members = body.map((member) => {
    if (length > MAX_BULK_ANSWER)
      return JSON.stringify(wireErrorOf(fail('SPY_JOLOKIA_LIMIT', [MAX_BULK_ANSWER, 'characters in the answer of a bulk'])))
    const answer = endpoint.answerFields(isFields(member) ? member : {}, parameters, url)
    length += answer.length
    return answer
  })
  return `[${members.join(',')}]`
}

/** The router matches the mount point in any spelling (`%2D` for `-`, or the absolute form), so it is removed part by part, not by length. */
function splitUrl(url: string, base: string): { readonly path: string; readonly query: URLSearchParams } {
  const question = url.indexOf('?')
  let path = (question === -1 ? url : url.slice(0, question)).replace(ORIGIN, '')
  for (let parts = base.split('/').length - 1; parts > 0; parts--) {
    const slash = path.indexOf('/', 1)
    path = slash === -1 ? '' : path.slice(slash)
  }
  return { path, query: new URLSearchParams(question === -1 ? '' : url.slice(question + 1)) }
}

function parametersOf(url: string, base: string): Parameters {
  return url.includes('?') ? queryParameters(splitUrl(url, base).query) : defaultParameters
}

function parseBody(body: unknown): Fields | unknown[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(typeof body === 'string' ? body : '')
  } catch (error) {
    throw fail('SPY_JOLOKIA_BAD_JSON', [], error)
  }
  if (Array.isArray(parsed)) {
    if (parsed.length > MAX_BULK) throw fail('SPY_JOLOKIA_LIMIT', [MAX_BULK, 'requests in a bulk'])
    return parsed
  }
  if (!isFields(parsed)) throw fail('SPY_JOLOKIA_BAD_JSON')
  return parsed
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function baseUrl({ protocol, headers }: FastifyRequest, base: string): string {
  return `${protocol}://${headers.host ?? 'localhost'}${base}`
}

function sendJson(reply: FastifyReply, body: string | Buffer, { mimeType }: Parameters = defaultParameters): FastifyReply {
  return head(reply, `${mimeType}; charset=utf-8`).send(body)
}

function head(reply: FastifyReply, contentType: string): FastifyReply {
  return reply
    .header('content-type', contentType)
    .header('cache-control', 'no-cache')
    .header('expires', 'Thu, 01 Jan 1970 00:00:00 GMT')
    .header('x-content-type-options', 'nosniff')
}

/** Errors before an MBean is accessed: text with status 400, as in the reference since 2.2.3; refusals and limits as JSON. */
function sendBadRequest(reply: FastifyReply, error: unknown): FastifyReply {
  const httpStatus = (error as { statusCode?: number }).statusCode
  if (jolokiaCodeOf(error) === 'SPY_JOLOKIA_INTERNAL' && httpStatus !== undefined && httpStatus >= 400 && httpStatus < 500) {
    return sendText(reply, httpStatus, (error as Error).message)
  }
  const fields = wireErrorOf(error)
  if (jolokiaCodeOf(error) === 'SPY_JOLOKIA_NO_NODE') reply.code(fields.status)
  return fields.status === 400 ? sendText(reply, 400, fields.error) : sendJson(reply, JSON.stringify(fields))
}

const REASONS: Readonly<Record<number, string>> = { 400: 'Bad Request', 413: 'Payload Too Large', 415: 'Unsupported Media Type' }

function sendText(reply: FastifyReply, status: number, message: string): FastifyReply {
  const reason = REASONS[status] ?? 'Error'
  return head(reply, 'text/plain; charset=utf-8').code(status).send(`${status} (${reason})\n\n${message}\n`)
}

function refuseMethod({ method }: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendBadRequest(reply, fail('SPY_JOLOKIA_BAD_METHOD', [method]))
}

function openStream(endpoint: Endpoint, request: NotificationRequest, message: FastifyRequest, reply: FastifyReply): FastifyReply {
  endpoint.notifications.checkOpen(request)
  reply.hijack()
  const seen = Number(message.headers['last-event-id'])
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=UTF-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  })
  endpoint.notifications.open(request, reply.raw, Number.isSafeInteger(seen) && seen >= 0 ? seen : undefined)
  return reply
}
