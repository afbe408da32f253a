/** The `tracestate` of W3C Trace Context as the OpenTelemetry API shows it: immutable, the latest entry first. */
import type { TraceState } from '@opentelemetry/api'

const MAX_ENTRIES = 32

export class TraceStateText implements TraceState {
  readonly #entries: ReadonlyMap<string, string>

  constructor(text: string | ReadonlyMap<string, string>) {
    this.#entries = typeof text === 'string' ? parsed(text) : text
  }

  get(key: string): string | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: string): TraceState {
    const others = [...this.#entries].filter(([name]) => name !== key)
    return new TraceStateText(new Map([[key, value], ...others].slice(0, MAX_ENTRIES) as [string, string][]))
  }

  unset(key: string): TraceState {
    return new TraceStateText(new Map([...this.#entries].filter(([name]) => name !== key)))
  }

  serialize(): string {
    return [...this.#entries].map(([key, value]) => `${key}=${value}`).join(',')
  }
}

function parsed(text: string): Map<string, string> {
  const entries = new Map<string, string>()
  for (const entry of text.split(',')) {
    const at = entry.indexOf('=')
    if (at > 0 && entries.size < MAX_ENTRIES) entries.set(entry.slice(0, at).trim(), entry.slice(at + 1).trim())
  }
  return entries
}
