/**
 * What travels with the application's asynchronous work. A socket opened during a request keeps its context for ever, so the value
 * is a slim slot whose record is taken out when the request ends: whoever finds an empty slot finds no request.
 */
import type { Context } from '@opentelemetry/api'

export class SlotOf<R> {
  record: R | undefined
  /** The slot of the request itself; differs for a context that the application made with the OpenTelemetry API. */
  readonly root: SlotOf<R>
  /** OpenTelemetry's context here; for a request's own slot made on demand. */
  context: Context | undefined

  constructor(record: R | undefined, root?: SlotOf<R>, context?: Context) {
    this.record = record
    this.root = root ?? this
    this.context = context
  }
}
