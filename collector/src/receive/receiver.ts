/**
 * OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp): inflate, decode, write ahead, then answer. A 200 says that
 * everything not counted as rejected is durable.
 */
import { hash } from 'node:crypto'
import { LATE_WISHES_HEADER, codeOf, messageOf } from '@spyglass/agent/contract'
import type { OwnPort } from '@spyglass/process/checked-config'
import { servePort } from '@spyglass/process/own-port'
import type { Registry } from '@spyglass/agent/registry'
import type { Logger } from '@spyglass/process/logger'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Decoded, OtlpDecoder, type OriginatedEvent, type Signal, timeWindow } from '../decode/index.ts'
import type { Redactor } from '../redact/index.ts'
import type { CountedError } from '../rollup/index.ts'
import type { Submission } from '../wal/index.ts'
import { type Admission, answerPreflight, installAdmission, type Sender, senderOf } from './admission.ts'
import { exportResponse, JSON_TYPE, PROTOBUF, statusResponse } from './answers.ts'
import { answerEarly, readBody } from './body.ts'
import { ChunkJoiner } from './chunk-joiner.ts'
import { checkMediaType, encodingsOf, isJson } from './content.ts'
import { newCounters, type ReceiveCounters } from './counters.ts'
import { fail } from './errors.ts'
import { inflated } from './inflate.ts'
import { LateWishBoard } from './late-wish-board.ts'

export interface ReceiverOptions {
  readonly port: OwnPort
  /** Of the process, which shows the port as a listener. */
  readonly registry?: Registry
  readonly logger: Logger
  readonly maxBodyBytes: number
  readonly admission: Admission
  /** Rows older than this are rejected. */
  readonly retentionDays: Readonly<Record<Signal, number>>
  readonly append: (submission: Submission) => Promise<'stored' | 'repeated'>
  /** Called with the events of a request once it is durable. */
  readonly onEvents: (events: readonly OriginatedEvent[]) => void
  /** Called with the errors that a sender with a token counted, once they are durable. */
  readonly onErrors?: (errors: readonly CountedError[]) => void
  /** Why the collector is not ready; empty when it is. */
  readonly unready: () => readonly string[]
  /** Removes what must not be stored. Default: a redactor without exceptions. */
  readonly redactor?: Redactor
  readonly now?: () => number
}

export interface Receiver {
  readonly port: number
  readonly counters: ReceiveCounters
  /**
   * Accepts an uncompressed protobuf request that did not arrive by HTTP; when it resolves, it is as durable as after a 200.
   * @throws SPY_OTLP_MALFORMED: not to be repeated; SPY_WAL_…: retry later
   */
  accept(signal: Signal, body: Buffer): Promise<void>
  /** Refuses new requests and waits for those in progress. */
  stop(): Promise<void>
}

const SIGNALS: Readonly<Record<string, Signal>> = { '/v1/traces': 'traces', '/v1/metrics': 'metrics', '/v1/logs': 'logs' }
const RETRY_AFTER_SECONDS = '2'
const HANDLER_TIMEOUT_MS = 30_000

/** HTTP status and google.rpc.Code of errors. 400, 413 and 415 are not to be repeated, 429 and 503 are. */
const FAILURES: Readonly<Record<string, readonly [status: number, code: number]>> = {
  SPY_OTLP_MALFORMED: [400, 3],
  SPY_OTLP_JSON: [400, 3],
  SPY_OTLP_INFLATE: [400, 3],
  SPY_OTLP_BROKEN_OFF: [400, 3],
  SPY_OTLP_TOKEN: [401, 16],
  SPY_OTLP_TOKEN_MISSING: [401, 16],
  SPY_OTLP_NOT_FOUND: [404, 5],
  SPY_OTLP_METHOD: [405, 3],
  SPY_OTLP_TOO_LARGE: [413, 3],
  SPY_OTLP_ENCODING: [415, 3],
  SPY_OTLP_CONTENT_TYPE: [415, 3],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 3],
  SPY_OTLP_TOO_MANY_GUESSES: [429, 8],
  SPY_WAL_BUSY: [429, 8],
  SPY_WAL_FULL: [503, 14],
  SPY_WAL_WRITE: [503, 14],
  SPY_WAL_CLOSED: [503, 14],
}

/** @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const counters = newCounters()
  const server = newServer()
  const decoder = new OtlpDecoder(options.redactor)
  const joiner = new ChunkJoiner()
  const wishes = new LateWishBoard()
  installAdmission(server)
  const parts = { options, counters, decoder, joiner, wishes }
  for (const [path, signal] of Object.entries(SIGNALS)) {
    server.post(path, async (request, reply) => await take({ request, reply, signal, ...parts }))
    server.options(path, answerPreflight)
    server.route({ method: ['GET', 'PUT', 'PATCH', 'DELETE'], url: path, handler: refuseMethod })
  }
  server.get('/health', () => ({ status: 'ok' }))
  server.get('/ready', async (_request, reply) => {
    const reasons = options.unready()
    return await reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons })
  })
  server.setErrorHandler(async (error, request, reply) => await refuse(error, { request, reply, counters }))
  server.setNotFoundHandler((request) => {
    throw fail('SPY_OTLP_NOT_FOUND', [request.url.split('?', 1)[0]?.slice(0, 200)])
  })
  const { port, registry, logger, admission } = options
  const served = await servePort(server, { port, ownTokens: [admission.instanceToken], registry, logger })
  return {
    port: served.port,
    counters,
    accept: async (signal, body) => void (await accept(body, { signal, isJson: false, sender: 'stranger', options, counters, decoder })),
    stop: async () => await served.close(HANDLER_TIMEOUT_MS),
  }
}

function newServer(): FastifyInstance {
  const server = Fastify({
    handlerTimeout: HANDLER_TIMEOUT_MS,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    logger: false,
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null)) // read by readBody, once the headers are found good
  return server
}

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly counters: ReceiveCounters
}

interface Taking extends Exchange {
  readonly options: ReceiverOptions
  readonly signal: Signal
  readonly decoder: OtlpDecoder
  readonly joiner: ChunkJoiner
  readonly wishes: LateWishBoard
}

interface Accepting extends Omit<Taking, 'request' | 'reply' | 'joiner' | 'wishes'> {
  readonly isJson: boolean
  readonly sender: Sender
}

function refuseMethod(request: FastifyRequest, reply: FastifyReply): never {
  void reply.header('allow', 'POST')
  throw fail('SPY_OTLP_METHOD', [request.method])
}

async function take({ request, reply, signal, options, counters, decoder, joiner, wishes }: Taking): Promise<FastifyReply> {
  checkMediaType(request.headers)
  const encodings = encodingsOf(request.headers)
  const sender = await senderOf(request, reply, options.admission)
  const chunks = await readBody(request.raw, options.maxBodyBytes)
  const whole = encodings.length > 0 ? await inflated(Buffer.concat(chunks), encodings, options.maxBodyBytes) : joiner.join(chunks)
  const inJson = isJson(request.headers)
  const decoded = await accept(whole, { signal, isJson: inJson, sender, options, counters, decoder })
  const answer = wishes.answer(request.headers[LATE_WISHES_HEADER])
  if (answer !== undefined) void reply.header(LATE_WISHES_HEADER, answer)
  return await reply
    .code(200)
    .type(inJson ? JSON_TYPE : PROTOBUF)
    .send(exportResponse(signal, inJson, decoded))
}

/** Decodes a request and writes it ahead. Nothing reads the body once this has returned, whether or not the result is there yet. */
async function accept(body: Buffer, { signal, isJson, sender, options, counters, decoder }: Accepting): Promise<Decoded> {
  const window = timeWindow((options.now ?? Date.now)(), options.retentionDays[signal])
  const decoded = decoder.decode(body, { signal, isJson, window, isKnown: sender === 'known' })
  await store(decoded, { body, signal, sender, options, counters })
  return decoded
}

interface Storing {
  readonly body: Buffer
  readonly signal: Signal
  readonly sender: Sender
  readonly options: ReceiverOptions
  readonly counters: ReceiveCounters
}

async function store(decoded: Decoded, { body, signal, sender, options, counters }: Storing): Promise<void> {
  const { blocks, accepted, rejected, truncated, events, errors } = decoded
  if (blocks.length > 0) {
    const lane = signal === 'traces' ? 'traces' : 'others'
    const result = await options.append({ lane, hash: hashOf(signal, body), items: accepted, blocks })
    // Whether the events of the first time were handed on before a kill is not known; a repeated one is ignored where it arrives.
    if (events.length > 0) options.onEvents(events)
    if (result === 'repeated') {
      counters.repeated++
      return
    }
    if (errors.length > 0 && sender !== 'stranger') options.onErrors?.(errors)
  }
  counters.requests++
  counters.items[signal] += accepted
  counters.rejectedItems += rejected
  counters.truncated += truncated
}

/** 128 bits: a chance of one in 10^27 that two of ten minutes' bodies meet. */
const hashOf = (signal: Signal, body: Buffer): string => signal[0] + hash('sha256', body, 'hex').slice(0, 32)

async function refuse(error: unknown, { request, reply, counters }: Exchange): Promise<FastifyReply> {
  const [status, rpcCode] = FAILURES[codeOf(error) ?? ''] ?? statusOf(error)
  if (status === 429 || status === 503) {
    counters.refused++
    if (!reply.hasHeader('retry-after')) void reply.header('retry-after', RETRY_AFTER_SECONDS)
  } else counters.invalid++
  const inJson = isJson(request.headers)
  void reply.code(status).type(inJson ? JSON_TYPE : PROTOBUF)
  const body = statusResponse(inJson, rpcCode, messageOf(error))
  if (request.raw.complete) return await reply.send(body)
  reply.hijack()
  await answerEarly(request.raw, reply.raw, { status, headers: textHeaders(reply), body })
  return reply
}

const textHeaders = (reply: FastifyReply): Record<string, string> =>
  Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))

function statusOf(error: unknown): readonly [number, number] {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500
  return status >= 400 && status < 500 ? [status, 3] : [503, 14]
}
