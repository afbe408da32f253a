/** Calls to other services over HTTP. */
import { SiteMemory } from '../../call-site/site-memory.ts'
import { attr } from '../../contract/telemetry.ts'
import { type AttributesInput, SPAN_KIND } from '../../otlp/records.ts'
import type { Child, ChildKind } from '../child.ts'
import { childErrorType, codeAttributes, locationOf, portOf, statusField, withoutQuery } from '../span-parts.ts'

/** A call lasts to the end of the response's body. */
export class HttpCall {
  readonly method: string
  /** `http://host:port`. */
  readonly origin: string
  readonly path: string
  /** 0 as long as there is no answer. */
  status = 0
  /** When the head of the response arrived; 0 before. */
  headMs = 0
  /** The application gave the call up itself, so it says nothing of the peer. */
  cancelled = false
  /** Sizes of the bodies in bytes; -1 when unknown. Numbers, since whatever could tell them later holds a whole response until the request ends. */
  requestBytes = -1
  responseBytes = -1
  /** What a setting asks for. */
  headers: AttributesInput | undefined

  constructor(method: string, origin: string, path: string) {
    this.method = method
    this.origin = origin
    this.path = path
  }
}

export const httpCall: ChildKind<HttpCall> = {
  name: 'http.call',
  count({ detail: { origin, method, status } }, { aggregates, seconds, errorType }) {
    aggregates.countClient({ origin, method, status, seconds, errorType })
  },
  cause: (child) => ({ cause: 'call', peer: `${child.detail.method} ${child.detail.origin}`, location: locationOf(child) }),
  memory: ({ origin }) => callSitesOf(origin),
  isWait: () => true, // what is slow by itself is the other service
  span(child) {
    const { method, origin, path, status, requestBytes, responseBytes, cancelled, headers } = child.detail
    const { address, port } = hostOf(origin)
    const failed = child.error !== undefined || status >= 400
    return {
      name: method,
      kind: SPAN_KIND.client,
      attributes: {
        [attr.httpMethod]: method,
        [attr.serverAddress]: address,
        [attr.serverPort]: port,
        [attr.urlFull]: origin + withoutQuery(path),
        [attr.httpStatus]: status || undefined,
        [attr.requestBodySize]: requestBytes < 0 ? undefined : requestBytes,
        [attr.responseBodySize]: responseBytes < 0 ? undefined : responseBytes,
        [attr.cancelled]: cancelled || undefined,
        [attr.errorType]: childErrorType(child) ?? (failed ? String(status) : undefined),
        ...headers,
        ...codeAttributes(child),
      },
      ...statusField(undefined, failed, child.error),
    }
  },
}

interface Host {
  readonly address: string
  readonly port: number | undefined
}

const hosts = new Map<string, Host>()

function hostOf(origin: string): Host {
  const known = hosts.get(origin)
  if (known) return known
  const url = URL.parse(origin)
  const host = { address: url?.hostname ?? origin, port: url ? portOf(url) : undefined }
  if (hosts.size < MAX_ORIGINS) hosts.set(origin, host)
  return host
}

/** Where each origin or name was called from first, by route. */
const sites = new Map<string, SiteMemory>()
/** Beyond this many origins, nothing is remembered of them: an application calls a few. */
const MAX_ORIGINS = 256

export function callSitesOf(origin: string): SiteMemory | undefined {
  const known = sites.get(origin)
  if (known || sites.size >= MAX_ORIGINS) return known
  const memory = new SiteMemory()
  sites.set(origin, memory)
  return memory
}

/** Ends it before the response is complete, by the wish of the application. */
export function cancelCall(call: Child<{ cancelled: boolean }>): void {
  if (call.ended) return
  call.detail.cancelled = true
  call.end()
}
