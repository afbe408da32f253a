/** What is known of a running request should the process die. Apart from its writer, since readers of the spool must not need OpenTelemetry's types. */
import type { EncodedRecord } from '../otlp/encode-common.ts'

/** A request that runs, as the access log and the aggregates will tell it if the process dies. */
export interface RequestInFlight {
  readonly method: string
  /** With the context path; empty while no route is known. */
  readonly route: string
  /** Path and query as they came. */
  readonly url: string
  readonly httpVersion: string
  readonly application: string | undefined
  readonly clientAddress: string | undefined
  readonly userAgent: string | undefined
  /** When it came, in milliseconds since the epoch. */
  readonly startTime: number
  readonly traceId: string
  readonly spanId: string
}

export interface RunningSpan extends EncodedRecord {
  /** For the span of a request itself. */
  readonly request: RequestInFlight | undefined
}
