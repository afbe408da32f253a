import type { AttributesInput, SpanEvent, SpanLink } from '../otlp/records.ts'

/** What the OpenTelemetry API lets an application add to a span. */
export class SpanAdditions {
  name: string | undefined
  attributes: Record<string, AttributesInput[string]> = {}
  events: SpanEvent[] = []
  links: SpanLink[] = []
  status: { code: 'ok' | 'error'; message?: string | undefined } | undefined
}
