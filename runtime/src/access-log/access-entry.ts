import type { IncomingMessage, ServerResponse } from 'node:http'

/** Where the lines come from. */
export interface AccessSource {
  readonly instance: string
  readonly application: string
}

/** One request as shown in the access log. Undefined means "not known" and is omitted. */
export interface AccessEntry {
  /** When the request came, in milliseconds since the epoch. */
  readonly time: number
  readonly clientAddress: string | undefined
  readonly method: string
  /** Full path, with the context path. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string | undefined
  readonly httpVersion: string
  /** Route template with the context path. */
  readonly route: string | undefined
  /** Undefined when the client was gone before there was an answer. */
  readonly status: number | undefined
  readonly bodySize: number | undefined
  readonly durationMs: number
  /** Who has signed in, as far as a realm was asked. */
  readonly user?: string | undefined
  readonly userAgent: string | undefined
  readonly referer: string | undefined
  readonly traceId: string | undefined
  /** Of the request's own span. */
  readonly spanId: string | undefined
  /** The client was gone before the answer was complete. */
  readonly aborted: boolean
  /** Why the server answered, or cut it off, in place of the application. */
  readonly errorType: string | undefined
  /** For what only a pattern asks for. Undefined for a request that could not be read. */
  readonly request?: IncomingMessage | undefined
  readonly response?: ServerResponse | undefined
}
