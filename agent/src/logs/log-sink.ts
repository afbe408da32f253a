/** Turns log lines into log records with the ids of the running request. Bounded by the exporter's queue and by the length of a line. */
import { attr } from '../contract/telemetry.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import type { AttributesInput } from '../otlp/records.ts'
import { currentRequestContext } from '../recorder/context.ts'
import { isSecretField, REDACTED, redactField, redactText, redactValue } from '../redact/index.ts'
import type { Recorder } from '../recorder/recorder.ts'

export interface LineIds {
  readonly traceId: string
  readonly spanId: string
}

export interface LogLine {
  readonly timeMs: number
  readonly severityNumber: number
  readonly severityText: string
  readonly body: string
  readonly attributes?: AttributesInput
  readonly ids: LineIds | undefined
}

const MAX_BODY = 16_384
const MAX_ATTRIBUTES = 64
const MAX_VALUE = 4096

export class LogSink {
  readonly #exporter: Pick<OtlpExporter, 'exportLogs'>

  constructor(exporter: Pick<OtlpExporter, 'exportLogs'>) {
    this.#exporter = exporter
  }

  /** Sends a line without the secrets that names or usual forms tell, whichever logger wrote it. */
  write({ ids, body, attributes, ...line }: LogLine): void {
    const text = redactText(body.length > MAX_BODY ? `${body.slice(0, MAX_BODY)}…` : body)
    const safe = attributes ? { attributes: redactValue(attributes) } : {}
    this.#exporter.exportLogs([{ ...line, ...safe, body: text, ...ids }])
  }
}

/** Trace and span of what runs now. */
export type FindIds = () => LineIds | undefined

/** Trace and span of the request that runs now. */
export function currentIds(recorder: Recorder): LineIds | undefined {
  const requestContext = currentRequestContext()
  const record = requestContext?.root.record
  if (!requestContext || !record) return undefined
  return { traceId: record.traceId, spanId: recorder.manualParent(requestContext)?.spanId ?? record.spanId }
}

/** Fields of a structured line as attributes: nested values as JSON, an error's parts by the names of the semantic conventions. */
export function lineAttributes(fields: Readonly<Record<string, unknown>>): AttributesInput {
  const attributes: Record<string, AttributesInput[string]> = {}
  for (const [name, value] of Object.entries(fields).slice(0, MAX_ATTRIBUTES)) {
    if ((name === 'err' || name === 'error') && typeof value === 'object' && value !== null)
      Object.assign(attributes, errorAttributes(value))
    else
      attributes[name] = isSecretField(name, value) ? REDACTED : attributeOf(typeof value === 'object' ? redactField(name, value) : value)
  }
  return attributes
}

function errorAttributes(error: object): AttributesInput {
  const { type, name, message, stack } = error as Readonly<Record<string, unknown>>
  return {
    [attr.exceptionType]: textOrNone(type ?? name),
    [attr.exceptionMessage]: textOrNone(message),
    [attr.exceptionStack]: textOrNone(stack),
  }
}

const textOrNone = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, MAX_VALUE) : undefined)

function attributeOf(value: unknown): AttributesInput[string] {
  if (typeof value === 'string') return value.slice(0, MAX_VALUE)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (value === null || value === undefined) return undefined
  return JSON.stringify(value).slice(0, MAX_VALUE)
}
