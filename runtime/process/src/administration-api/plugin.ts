/**
 * The administration API as a Fastify plugin: every route of the table, on any server of ours that knows who is asking. It carries nothing out:
 * it asks the process that decides, in the name and role of its caller, over the administration socket.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { goneSignal, mayAct, type Principal } from '../access/index.ts'
import type { SettingValue } from '../admin-socket/index.ts'
import { answerProblems, mediaTypeOf, pathOf, wrongMediaType } from './answer-problems.ts'
import { fail } from './errors.ts'
import { archiveTypes, isConditional, jsonTypes, openApiDocument, STREAM_TYPE } from './openapi.ts'
import { queryOf } from './query.ts'
import { type ApiCall, type ApiInput, type ApiRoute, apiRoutes } from './routes/index.ts'
import { createUploads, type Uploads } from './uploads.ts'

export interface AdministrationApiOptions {
  /** Whose request it is; hooks of the server have refused it otherwise. */
  readonly principalOf: (request: FastifyRequest) => Principal
  /** Asks the process that decides. */
  readonly ask: (call: ApiCall, principal: Principal) => Promise<unknown>
  /** Follows a list that grows, item by item, until the client has `gone`; items come in lists, of which an empty one is a sign of life. */
  readonly follow: (call: ApiCall, principal: Principal, gone: AbortSignal) => AsyncIterable<unknown>
  /** Whether changes may come from where this request comes from. */
  readonly mayChange: (request: FastifyRequest) => boolean
  /** Where archives are received, and how large they may be. */
  readonly uploads: { readonly folder: string; readonly maxBytes: number }
  /** Called with a fault of ours. */
  readonly onFault?: (error: unknown, request: FastifyRequest) => void
  readonly now?: () => number
}

const MAX_BODY_BYTES = 1_048_576

/** Register it with a prefix, below hooks that authenticate. */
export async function administrationApi(app: FastifyInstance, options: AdministrationApiOptions): Promise<void> {
  const uploads = createUploads(options.uploads)
  acceptBodies(app)
  answerProblems(app, { accepts: jsonTypes, hasOperations: true, onFault: options.onFault })
  let document: string | undefined
  app.get('/openapi.json', async (request, reply) => {
    document ??= JSON.stringify(openApiDocument({ prefix: app.prefix }))
    return sendTagged(request, reply, document)
  })
  for (const route of apiRoutes) addRoute(app, route, { ...options, uploads })
}

const urlOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

type Context = Omit<AdministrationApiOptions, 'uploads'> & { readonly uploads: Uploads }

function addRoute(app: FastifyInstance, route: ApiRoute, context: Context): void {
  app.route({
    method: route.method,
    url: urlOf(route.path),
    bodyLimit: MAX_BODY_BYTES,
    onRequest: async (request) => checkRole(route, request, context),
    handler: (request, reply) => answer(route, context, { request, reply }),
  })
}

/** Before the body is read. @throws SPY_API_ROLE, SPY_API_REMOTE */
function checkRole({ role, isChange }: ApiRoute, request: FastifyRequest, { principalOf, mayChange }: Context): void {
  const principal = principalOf(request)
  if (!mayAct(principal.role, role)) throw fail('SPY_API_ROLE', [request.method, pathOf(request), role, principal.actor, principal.role])
  if (isChange && !mayChange(request)) throw fail('SPY_API_REMOTE')
}

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

async function answer(route: ApiRoute, context: Context, { request, reply }: Exchange): Promise<FastifyReply> {
  const { principalOf, ask, now = Date.now } = context
  const principal = principalOf(request)
  const query = queryOf(route, request.query as Readonly<Record<string, unknown>>)
  const { stream } = route
  const base = { path: request.params as ApiInput['path'], query, now: now() }
  if (stream && query['follow'] === true)
    return sendItems(reply, context.follow(stream.call({ ...base, body: {} }), principal, goneSignal(reply.raw)))
  const perform = async (body: ApiInput['body']): Promise<FastifyReply> => {
    const input = { ...base, body }
    const call = await conditional(route, input, { request, ask: (asked) => ask(asked, principal) })
    const result = await ask(call, principal).catch((error: unknown) => {
      if (route.whenUnknown !== undefined && codeOf(error) === 'SPY_ADMIN_NAME_UNKNOWN') return undefined
      throw error
    })
    return sendResult(route, { request, reply }, { result, input })
  }
  if (!(request.body instanceof Readable)) return perform(bodyOf(route, request.body))
  const { archive } = route
  if (archive === undefined) throw wrongMediaType(request, jsonTypes)
  const ending = archiveTypes[mediaTypeOf(request)] ?? ''
  const named = { [archive.namedBy]: archiveName(query, archive.namedBy, ending) }
  return context.uploads.receive(request.body, `archive${ending}`, (file) => perform({ [archive.argument]: file, ...named }))
}

/** What the user calls an archive, which has no name of its own in a body. @throws SPY_API_PARAMETER */
function archiveName({ name, ...query }: Readonly<Record<string, unknown>>, namedBy: string, ending: string): string {
  const given = query[namedBy]
  if (typeof given === 'string' && /^[^\p{Cc}/\\]{1,255}$/u.test(given)) return given
  if (given !== undefined)
    throw fail('SPY_API_PARAMETER', [namedBy, 'it is not the name of a file: at most 255 characters, without / and \\'])
  if (typeof name === 'string' && /^[\w-]{1,64}$/.test(name)) return `${name}${ending}`
  throw fail('SPY_API_PARAMETER', [
    'name',
    `with an archive as the body it is needed, or ${namedBy} with the name of its file: letters, digits, - and _, at most 64`,
  ])
}

function sendResult(
  route: ApiRoute,
  { request, reply }: Exchange,
  { result, input }: { readonly result: unknown; readonly input: ApiInput },
): FastifyReply {
  const shown = result === undefined ? route.whenUnknown : route.answer ? route.answer(result, input) : result
  if (shown === undefined) throw fail('SPY_API_NOT_FOUND', [pathOf(request)])
  const isDone = input.query['dryRun'] !== true
  if (route.location && isDone)
    void reply.header('location', `${request.routeOptions.url?.slice(0, -urlOf(route.path).length) ?? ''}${route.location(input)}`)
  void reply.code(isDone ? (route.status ?? 200) : 200)
  const text = JSON.stringify(shown)
  return route.method === 'GET' ? sendTagged(request, reply, text) : reply.type('application/json; charset=utf-8').send(text)
}

/** What is refused is refused with a status: the answer begins with the first items. */
async function sendItems(reply: FastifyReply, items: AsyncIterable<unknown>): Promise<FastifyReply> {
  const iterator = items[Symbol.asyncIterator]()
  const first = await iterator.next()
  const source = Readable.from(linesOf(first, iterator), { objectMode: false })
  void reply.headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' }) // nginx would wait for more
  return reply.type(STREAM_TYPE).send(source)
}

async function* linesOf(first: IteratorResult<unknown>, iterator: AsyncIterator<unknown>): AsyncGenerator<string, void> {
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) {
      const items = next.value as readonly unknown[]
      yield items.length === 0 ? '\n' : items.map((item) => `${JSON.stringify(item)}\n`).join('')
    }
  } finally {
    await iterator.return?.()
  }
}

/** Reads are never kept without asking, and asking again costs no body. */
function sendTagged(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  const tag = tagOf(text)
  void reply.headers({ etag: tag, 'cache-control': 'no-cache' })
  if (tagsIn(request.headers['if-none-match']).some((known) => known === '*' || weak(known) === tag)) return reply.code(304).send()
  return reply.type('application/json; charset=utf-8').send(text)
}

const tagOf = (text: string): string => `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
const weak = (tag: string): string => tag.replace(/^W\//, '')
const tagsIn = (header = ''): readonly string[] => header.split(',').map((tag) => tag.trim())

interface Asking {
  readonly request: FastifyRequest
  readonly ask: (call: ApiCall) => Promise<unknown>
}

/**
 * With If-Match, a change is bound to the settings that the client has seen: the tag is compared here, and the settings once more where the change
 * is made. @throws SPY_API_CHANGED
 */
async function conditional(route: ApiRoute, input: ApiInput, { request, ask }: Asking): Promise<ApiCall> {
  const call = route.call(input)
  const wanted = request.headers['if-match']
  const read = isConditional(route) ? apiRoutes.find(({ path, method }) => path === route.path && method === 'GET') : undefined
  if (wanted === undefined || !read) return call
  const seen = await ask(read.call({ ...input, query: {} }))
  const tag = tagOf(JSON.stringify(read.answer ? read.answer(seen, input) : seen))
  const tags = tagsIn(wanted)
  if (!tags.includes('*') && !tags.includes(tag)) throw fail('SPY_API_CHANGED')
  const unchanged = (seen as readonly SettingValue[]).map(({ name, value, change }) => ({ name, value, change }))
  return { ...call, params: { ...call.params, options: { ...(call.params['options'] as object), unchanged } } }
}

/** @throws SPY_API_BODY */
function bodyOf({ body: expected }: ApiRoute, given: unknown): ApiInput['body'] {
  if (given === undefined || given === null) {
    if (expected?.isRequired) throw fail('SPY_API_BODY', ['it is missing'])
    return {}
  }
  if (typeof given !== 'object' || Array.isArray(given)) throw fail('SPY_API_BODY', ['it is not a JSON object'])
  if (!expected && Object.keys(given).length > 0) throw fail('SPY_API_BODY', ['it takes none'])
  return given as ApiInput['body']
}

/**
 * Only JSON and archives: what a form of another site can send is refused whatever it says. A server that this plugin is registered on may accept
 * forms, so its parsers are removed.
 */
function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([...jsonTypes], { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(String(text), finite))
    } catch (error) {
      done(error instanceof Error && codeOf(error) === 'SPY_API_BODY' ? error : fail('SPY_API_BODY', [messageOf(error)], error), undefined)
    }
  })
  app.addContentTypeParser(Object.keys(archiveTypes), (_request, payload, done) => done(null, payload))
}

/** `1e999` reads as Infinity, which would go on as null and take a setting back. */
function finite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw fail('SPY_API_BODY', [`the number of ${JSON.stringify(key)} is too large`])
  return value
}
