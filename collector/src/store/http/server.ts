/** The ClickHouse HTTP interface: statements at `/`, `/ping`, and the health of the process. */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { clientNetwork, goneSignal } from '@spyglass/process/access'
import { clientAddressOf } from '@spyglass/process/listener'
import type { Logger } from '@spyglass/process/logger'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Client } from '../client-back-off.ts'
import { type ClickhouseError, clickhouseCodes, fromEngine, refuse } from '../clickhouse-error.ts'
import { MAX_STATEMENT_LENGTH } from '../gate/gate.ts'
import { isInsert, parseInsert } from '../insert-statement.ts'
import type { Deliver } from '../reader.ts'
import type { ReaderName, Store } from '../store.ts'
import type { QueryCounters } from '../store-resource.ts'
import { compressedBlock } from './blocks/compressed-blocks.ts'
import { readBlocks } from './blocks/read-blocks.ts'
import { readBody } from './body.ts'
import { type Coding, preferredCoding } from './coding.ts'
import { admit, type Caller, type Credentials } from './credentials.ts'
import { formFields, isForm } from './form.ts'
import { HELLO_STATEMENT, helloBlock, isHello, wantsBlockInfo } from './hello.ts'
import { isOn, readRequest } from './read-request.ts'
import { type Origin, sendAnswer, sendBytes, sendError, sendWritten } from './respond.ts'

export interface StoreServerOptions {
  readonly store: Store
  readonly credentials: Credentials
  readonly counters: QueryCounters
  readonly logger: Logger
}

/** Largest body of an insert, also after decompression. */
const MAX_INSERT_BYTES = 64 * 1024 * 1024

interface Exchange {
  readonly request: FastifyRequest
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly origin: Origin
  readonly asker: Caller
  /** Aborts when the client disconnects before it gets its response. */
  readonly gone: AbortSignal
}

/** Creates the server; the caller serves its port. */
export function createStoreServer(options: StoreServerOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_INSERT_BYTES,
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload)) // read later, once the caller is known

  for (const url of ['/ping', '/replicas_status']) app.get(url, (_request, reply) => reply.type('text/html; charset=UTF-8').send('Ok.\n'))
  app.get('/health', (_request, reply) => reply.send({ status: 'ok' }))
  app.get('/ready', (_request, reply) => {
    const reasons = reasonsAgainst(options.store)
    return reply.status(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons })
  })
  app.route({
    method: ['GET', 'HEAD', 'POST'],
    url: '/',
    handler: async (request, reply) => {
      const query = new URL(request.url, 'http://store').searchParams
      if (request.method !== 'POST' && !query.has('query')) return reply.type('text/html; charset=UTF-8').send('Ok.\n')
      reply.hijack()
      await exchange(request, reply.raw, { ...options, query })
      return reply
    },
  })
  app.setNotFoundHandler((request, reply) => reply.status(404).type('text/plain; charset=UTF-8').send(noHandle(request)))
  return app
}

function noHandle({ method, url }: FastifyRequest): string {
  return `There is no handle ${method} ${url.slice(0, 200)}\n\nUse / or /ping for health checks.\nSend statements with POST /, or with GET /?query=…\n`
}

function reasonsAgainst(store: Store): string[] {
  if (store.enginePid() === undefined) return ['the database engine is being restarted']
  const { failure } = store.size()
  return failure === undefined ? [] : [failure]
}

async function exchange(
  request: FastifyRequest,
  response: ServerResponse,
  { query, ...options }: StoreServerOptions & { query: URLSearchParams },
): Promise<void> {
  const origin: Origin = { queryId: queryIdOf(query), timezone: options.store.timezone }
  const gone = goneSignal(response)
  const { counters } = options
  try {
    const { headers, raw } = request
    const address = clientAddressOf(raw) ?? ''
    const asker = await admit({ headers, query, address, gone }, options.credentials)
    counters.queries++
    await handle({ request, response, query, origin, asker, gone }, options)
  } catch (error) {
    const failure = fromEngine(error)
    note(failure, origin, options)
    if (response.headersSent || response.destroyed) response.destroy()
    else sendError(response, failure, { ...origin, coding: codingFor(request, query) })
  }
}

function note(failure: ClickhouseError, { queryId }: Origin, { counters, logger }: Pick<StoreServerOptions, 'counters' | 'logger'>): void {
  if (isRefusal(failure.number)) counters.refused++
  else counters.failed++
  logger.debug({ code: failure.code, queryId, err: failure }, 'a statement failed')
}

async function handle(exchange: Exchange, options: StoreServerOptions): Promise<void> {
  const { query, asker, request } = exchange
  const inUrl = query.get('query') ?? ''
  if (isInsert(inUrl)) return insert(exchange, inUrl, options)
  const text = await textOf(request, query)
  const statement = query.get('query') ?? ''
  const sql = statement === '' ? text : text === '' ? statement : `${statement}\n${text}`
  if (isInsert(sql) && asker.role === 'own') throw refuse('SYNTAX_ERROR', 'An INSERT must be in the parameter query, its data in the body')
  await read(exchange, sql, options)
}

async function insert(
  { request, response, query, origin, asker }: Exchange,
  statement: string,
  { store }: StoreServerOptions,
): Promise<void> {
  if (asker.role !== 'own') throw refuse('ACCESS_DENIED', 'Only statements that read are allowed with these credentials')
  const parsed = parseInsert(statement)
  const segment = request.headers['x-spyglass-segment']
  const token = query.get('insert_deduplication_token') ?? undefined
  if (typeof segment === 'string')
    return sendWritten(response, await store.writer.insertSegments(segment.split(','), parsed, token), origin)
  const body = await bodyOf(request, MAX_INSERT_BYTES)
  sendWritten(response, await store.writer.insertBody(body, parsed, token), origin)
}

async function read({ request, response, query, origin, asker, gone }: Exchange, sql: string, options: StoreServerOptions): Promise<void> {
  const { store } = options
  const wanted = readRequest(
    sql,
    query,
    { format: headerOf(request, 'x-clickhouse-format'), database: headerOf(request, 'x-clickhouse-database') },
    asker.role === 'own' ? ownClient(request) : { user: asker.user, address: clientNetwork(clientAddressOf(request.raw)) },
  )
  const inBlocks = isOn(query.get('compress'))
  const hello = isHello(sql)
  if (hello && wantsBlockInfo(wanted.defaultFormat, query.get('client_protocol_version'))) {
    const block = helloBlock(store.engineVersion, store.timezone)
    return sendBytes(response, 'Native', inBlocks ? compressedBlock(block) : block, origin)
  }
  const coding = codingFor(request, query)
  const compression = coding && { coding, level: Math.max(1, Math.min(Number(query.get('http_zlib_compression_level') ?? 1) || 1, 9)) }
  const reader = store.readers[asker.role === 'own' ? readerOf(request) : 'clients']
  const statement = hello ? { ...wanted, sql: HELLO_STATEMENT } : wanted
  const onFailure = (failure: ClickhouseError): void => note(failure, origin, options)
  const how = { ...origin, compression, inBlocks, onFailure }
  let sending: Promise<void> | undefined
  const deliver: Deliver = (answer, signal) => (sending = sendAnswer(response, answer, { ...how, signal }))
  await reader.run(statement, deliver, gone).catch(async (error: unknown) => {
    const isTold = await sending?.then(
      () => true, // it is the last that the client has read
      () => false,
    )
    if (isTold !== true) throw error
  })
}

/** The body's text; of a form the fields join the parameters. */
async function textOf(request: FastifyRequest, query: URLSearchParams): Promise<string> {
  const sent = await bodyOf(request, MAX_STATEMENT_LENGTH)
  const body = isOn(query.get('decompress')) ? readBlocks(sent, MAX_STATEMENT_LENGTH) : sent
  const type = request.headers['content-type']
  if (type === undefined || !isForm(type)) return body.toString('utf8')
  for (const [name, value] of await formFields(body, type)) query.append(name, value)
  return ''
}

/** Our own processes say which part is calling, so that the console and alert rules do not wait for each other. */
const partOf = (request: FastifyRequest): string => headerOf(request, 'x-spyglass-part') ?? 'console'
const readerOf = (request: FastifyRequest): ReaderName => (partOf(request) === 'rules' ? 'rules' : 'console')

/** Each part is a client of its own: what one has overdone keeps no other away. */
const ownClient = (request: FastifyRequest): Client => ({ user: 'spyglass', address: partOf(request), isOwn: true })

const codingFor = (request: FastifyRequest, query: URLSearchParams): Coding | undefined =>
  isOn(query.get('enable_http_compression')) ? preferredCoding(request.headers['accept-encoding']) : undefined

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

async function bodyOf(request: FastifyRequest, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  if (!(request.body instanceof Readable)) return Buffer.alloc(0)
  return readBody(request.body, request.headers['content-encoding'], maxBytes)
}

const REFUSALS = new Set<number>([
  clickhouseCodes.REQUIRED_PASSWORD,
  clickhouseCodes.AUTHENTICATION_FAILED,
  clickhouseCodes.QUERY_IS_PROHIBITED,
  clickhouseCodes.ACCESS_DENIED,
  clickhouseCodes.READONLY,
  clickhouseCodes.TOO_MANY_SIMULTANEOUS_QUERIES,
  clickhouseCodes.NO_FREE_CONNECTION,
])
const isRefusal = (number: number): boolean => REFUSALS.has(number)

/** The client's own id when it fits in a header. */
function queryIdOf(query: URLSearchParams): string {
  const given = query.get('query_id')
  return given !== null && /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/.test(given) ? given : randomUUID()
}
