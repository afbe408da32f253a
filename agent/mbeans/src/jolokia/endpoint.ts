/** The MBean endpoint without HTTP: requests in, JSON out. plugin.ts puts it on a Fastify server. */
import { type OpenType, type Operations, objectNameOf } from '@spyglass/agent/contract'
import { platformKinds } from '../kinds/index.ts'
import type { Bean, Registry } from '@spyglass/agent/registry'
import { buildRequest } from './build-request.ts'
import { type BeanSource, type Directory, createDirectory } from './directory.ts'
import { type EventFeed, registryFeed } from './event-feed.ts'
import { fail, isBadRequest, jolokiaCodeOf, wireErrorOf } from './errors.ts'
import { GzipPrefix } from './gzip-prefix.ts'
import { createList } from './list.ts'
import { createLru } from './lru.ts'
import { type Notifications, createNotifications } from './notifications.ts'
import type { Parameters } from './parameters.ts'
import type { Fields } from './parse-get.ts'
import { readValue } from './read.ts'
import type { ExecRequest, JolokiaRequest, ListRequest, ReadRequest, SearchRequest } from './request.ts'
import { createSearch } from './search.ts'
import { configValue, versionValue } from './version.ts'

/** What the endpoint needs of a logger; pino and the logger of a Fastify server have it. */
export interface EndpointLogger {
  error(fields: object, message: string): void
  debug(fields: object, message: string): void
}

export interface EndpointOptions {
  readonly registry: Registry
  /** Beans shown; the registry's own by default. */
  readonly source?: BeanSource
  /** Where its events come from; the registry's own by default. */
  readonly feed?: EventFeed
  /** Name of this agent in `version` and in the notification store's ObjectName. */
  readonly agentId: string
  readonly version: string
  readonly logger?: EndpointLogger
  readonly now?: () => number
}

export interface Endpoint {
  /** Answers one request. Errors of the request itself (status 400) are thrown, all others are part of the answer. */
  answer(request: JolokiaRequest, url: string): string
  /** The same, in the form that is cheapest to send: a list is encoded once a second for all clients, and compressed where it may be. */
  answerBytes(request: JolokiaRequest, url: string, mayGzip: boolean): Sendable
  /** Answers one member of a bulk request; an invalid one gets its own answer with status 400. */
  answerFields(fields: Fields, parameters: Parameters, url: string): string
  readonly notifications: Notifications
}

/** An answer as it is sent. */
export interface Sendable {
  readonly body: string | Buffer
  /** Whether it is compressed; undefined for an answer that never is. */
  readonly isGzip?: boolean
}

/** An encoded answer to a list request, valid for one second and one generation. Only its end, the timestamp, changes within a generation. */
interface Encoded {
  readonly second: number
  readonly generation: number
  readonly bytes: Buffer
  /** Made when a client first asks for it. */
  prefix: GzipPrefix | undefined
  gzipped: Buffer | undefined
}

/** Smaller answers gain nothing. */
const MIN_GZIP_BYTES = 4096
/** What follows the value in an answer. */
const END = ',"status":'

function gzipped(encoded: Encoded): Buffer {
  const { bytes } = encoded
  const end = bytes.lastIndexOf(END)
  encoded.prefix ??= new GzipPrefix(bytes.subarray(0, end))
  return (encoded.gzipped ??= encoded.prefix.with(bytes.subarray(end)))
}

/** Clients use few variants of list; each may be several hundred kilobytes long. */
const ENCODED_LISTS = 8

/** `handback` and `userData` are whatever the client and the event supplied. */
const pulled: OpenType = {
  composite: 'NotificationResult',
  items: {
    handle: 'string',
    handback: 'string',
    dropped: 'int',
    notifications: {
      array: {
        composite: 'Notification',
        items: {
          timeStamp: 'long',
          sequenceNumber: 'long',
          type: 'string',
          message: 'string',
          source: 'objectName',
          userData: 'string',
        },
      },
    },
  },
}

const STORE_OPERATIONS: Operations = {
  pull: {
    description: 'Returns the notifications that a listener received since the last pull.',
    role: 'viewer',
    impact: 'action',
    arguments: {
      client: { type: 'string', description: 'Id of the client, from notification/register.' },
      handle: { type: 'string', description: 'Handle of the listener, from notification/add.' },
    },
    result: pulled,
  },
}

const PULL = /^pull(\( *java\.lang\.String *, *java\.lang\.String *\))?$/

export function createEndpoint(options: EndpointOptions): Endpoint {
  return new MBeanEndpoint(options)
}

class MBeanEndpoint implements Endpoint {
  readonly notifications: Notifications
  readonly #options: EndpointOptions
  readonly #now: () => number
  readonly #directory: Directory
  readonly #list: (request: ListRequest) => string | undefined
  readonly #search: (request: SearchRequest) => string
  readonly #store: string
  readonly #encoded = createLru<Encoded>(ENCODED_LISTS)

  constructor(options: EndpointOptions) {
    const { registry, agentId, source = registry, now = Date.now } = options
    this.#options = options
    this.#now = now
    this.#store = objectNameOf(platformKinds.notificationStore, { agent: agentId })
    this.#directory = createDirectory(source, now)
    this.#list = createList(this.#directory, ({ name }) => (name === this.#store ? STORE_OPERATIONS : {}))
    this.#search = createSearch(this.#directory)
    const { after, newest } = options.feed ?? {}
    this.notifications = createNotifications({
      directory: this.#directory,
      store: this.#store,
      now,
      ...(after ? { after } : {}),
      ...(newest ? { newest } : {}),
    })
  }

  answerFields(fields: Fields, parameters: Parameters, url: string): string {
    let request: JolokiaRequest | undefined
    try {
      request = buildRequest(fields, parameters)
      return this.answer(request, url)
    } catch (error) {
      return this.#failed(error, request)
    }
  }

  answer(request: JolokiaRequest, url: string): string {
    try {
      const { json: value, sampledAt = this.#now() } = this.#valueOf(request, url)
      const head = request.parameters.includeRequest ? `{"request":${request.echo},` : '{'
      const timestamp = Math.floor(sampledAt / 1000)
      if (value === undefined) return `${head}"status":304,"timestamp":${timestamp}}`
      return `${head}"value":${value},"status":200,"timestamp":${timestamp}}`
    } catch (error) {
      if (isBadRequest(error)) throw error
      return this.#failed(error, request)
    }
  }

  answerBytes(request: JolokiaRequest, url: string, mayGzip: boolean): Sendable {
    if (request.type !== 'list' || request.parameters.ifModifiedSince > 0) return { body: this.answer(request, url) }
    const encoded = this.#encodedList(request, url)
    if (encoded.bytes.length < MIN_GZIP_BYTES) return { body: encoded.bytes }
    return mayGzip ? { body: gzipped(encoded), isGzip: true } : { body: encoded.bytes, isGzip: false }
  }

  #encodedList(request: ListRequest, url: string): Encoded {
    const second = Math.floor(this.#now() / 1000)
    const generation = this.#directory.generation()
    const key = JSON.stringify([request.path, request.parameters])
    const known = this.#encoded.get(key)
    if (known?.second === second && known.generation === generation) return known
    const prefix = known?.generation === generation ? known.prefix : undefined
    const encoded = { second, generation, bytes: Buffer.from(this.answer(request, url)), prefix, gzipped: undefined }
    this.#encoded.set(key, encoded)
    return encoded
  }

  #failed(error: unknown, request: JolokiaRequest | undefined): string {
    if (jolokiaCodeOf(error) === 'SPY_JOLOKIA_INTERNAL') {
      this.#options.logger?.error({ err: error, code: 'SPY_JOLOKIA_INTERNAL' }, 'internal error while handling a request')
    }
    const fields = JSON.stringify(wireErrorOf(error))
    return request?.parameters.includeRequest ? `{"request":${request.echo},${fields.slice(1)}` : fields
  }

  /** The value, and the sample time of pushed values. Without a value: not modified. */
  #valueOf(request: JolokiaRequest, url: string): { readonly json: string | undefined; readonly sampledAt?: number | undefined } {
    if (request.problem !== undefined) throw request.problem
    return request.type === 'read' ? readValue(request, this.#directory, this.#unreadable) : { json: this.#valueNow(request, url) }
  }

  #valueNow(request: Exclude<JolokiaRequest, ReadRequest>, url: string): string | undefined {
    switch (request.type) {
      case 'search':
        return this.#search(request)
      case 'list':
        return this.#list(request)
      case 'version':
        return versionValue(this.#options, url)
      case 'config':
        return configValue(this.#options)
      case 'write':
        throw fail('SPY_JOLOKIA_DENIED', ['writing attributes'])
      case 'exec':
        return this.#exec(request)
      default:
        return this.notifications.command(request)
    }
  }

  /** `pull` of the notification store is the only operation. */
  #exec({ mbean, operation, arguments: given }: ExecRequest): string {
    if (this.#directory.resolve(mbean)?.name !== this.#store) throw fail('SPY_JOLOKIA_DENIED', ['executing operations'])
    if (!PULL.test(operation)) throw fail('SPY_JOLOKIA_NO_OPERATION', [operation])
    return this.notifications.pull(given[0], given[1])
  }

  readonly #unreadable = (bean: Bean, attribute: string, error: unknown): void => {
    this.#options.logger?.debug({ err: error, code: 'SPY_JOLOKIA_UNREADABLE', mbean: bean.name, attribute }, 'cannot read an attribute')
  }
}

/** Registers the endpoint's own MBeans: the one that emits all events, and the notification store. */
export function registerEndpointBeans(
  { registry, feed = registryFeed(registry), agentId }: EndpointOptions,
  { notifications }: Endpoint,
): () => void {
  let count = 0
  let last = { name: '', resource: undefined as string | undefined, message: '', time: undefined as number | undefined }
  const disposers = [
    feed.onEvent((event, position) => {
      count++
      last = event
      notifications.publish(event, position)
    }),
    registry.register(
      platformKinds.events,
      {},
      {
        count: () => count,
        lastTime: () => last.time,
        lastName: () => last.name,
        lastResource: () => last.resource,
        lastMessage: () => last.message,
      },
      { fallback: true },
    ),
    registry.register(
      platformKinds.notificationStore,
      { agent: agentId },
      {
        clients: () => notifications.counts.clients,
        listeners: () => notifications.counts.listeners,
        streams: () => notifications.counts.streams,
      },
      { fallback: true },
    ),
  ]
  return () => {
    for (const dispose of disposers) dispose()
    notifications.close()
  }
}
