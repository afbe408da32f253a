/**
 * What travels with the application's asynchronous work. A socket that is opened during a request keeps the request's context as long as
 * it lives. So this object is small, and its record is removed when the request ends: no record means no request.
 */
import type { Context } from '@opentelemetry/api'
import type { CapturedStack } from '../call-site/call-site.ts'

export class RequestContextOf<R> {
  record: R | undefined
  /** That of the request itself; differs for a context that the application made with the OpenTelemetry API. */
  readonly root: RequestContextOf<R>
  /** OpenTelemetry's context here; for a request's own, made on demand. */
  context: Context | undefined
  /** Where the application called a library that talks to a database for it: the place of what it starts. */
  site: CapturedStack | undefined
  /** Whether the request, which has ended, was sent. */
  wasKept = false
  /** Name of the request, which has ended, while a profiler wants to know it. */
  ended: string | undefined

  constructor(record: R | undefined, root?: RequestContextOf<R>, context?: Context) {
    this.record = record
    this.root = root ?? this
    this.context = context
    this.site = undefined
    this.ended = undefined
  }
}
