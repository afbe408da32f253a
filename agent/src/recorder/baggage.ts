/** W3C Baggage: what an application lets travel with its calls, as the OpenTelemetry API shows it. */
import type { Baggage, BaggageEntry, Context } from '@opentelemetry/api'

/** The API makes its keys by Symbol.for. */
const BAGGAGE_KEY = Symbol.for('OpenTelemetry Baggage Key')
/** W3C Baggage §3.3.2. */
const MAX_ENTRIES = 64
const MAX_LENGTH = 8192
const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/

export class BaggageEntries implements Baggage {
  readonly #entries: ReadonlyMap<string, BaggageEntry>

  constructor(entries: ReadonlyMap<string, BaggageEntry>) {
    this.#entries = entries
  }

  getEntry(key: string): BaggageEntry | undefined {
    return this.#entries.get(key)
  }

  getAllEntries(): [string, BaggageEntry][] {
    return [...this.#entries]
  }

  setEntry(key: string, entry: BaggageEntry): Baggage {
    return new BaggageEntries(new Map(this.#entries).set(key, entry))
  }

  removeEntry(key: string): Baggage {
    return this.removeEntries(key)
  }

  removeEntries(...keys: string[]): Baggage {
    return new BaggageEntries(new Map([...this.#entries].filter(([key]) => !keys.includes(key))))
  }

  clear(): Baggage {
    return new BaggageEntries(new Map())
  }
}

export function baggageIn(context: Context): Baggage | undefined {
  return context.getValue(BAGGAGE_KEY) as Baggage | undefined
}

/** The context with the baggage of a header; unchanged when the header has none. */
export function withBaggageHeader(context: Context, header: unknown): Context {
  const baggage = parseBaggage(header)
  return baggage ? context.setValue(BAGGAGE_KEY, baggage) : context
}

/** Several headers are one list; entries that break the grammar, and those beyond the limits, are omitted. */
export function parseBaggage(header: unknown): Baggage | undefined {
  const text: unknown = Array.isArray(header) ? header.join(',') : header
  if (typeof text !== 'string' || text === '') return undefined
  const entries = new Map<string, BaggageEntry>()
  for (const member of text.slice(0, MAX_LENGTH).split(',')) {
    const [pair = '', ...properties] = member.split(';')
    const at = pair.indexOf('=')
    const key = pair.slice(0, Math.max(at, 0)).trim()
    const value = decoded(pair.slice(at + 1).trim())
    if (!TOKEN.test(key) || value === undefined || entries.size >= MAX_ENTRIES) continue
    entries.set(key, { value, ...(properties.length > 0 ? { metadata: metadataOf(properties.join(';').trim()) } : {}) })
  }
  return entries.size > 0 ? new BaggageEntries(entries) : undefined
}

/** Programs without types pass numbers as well. */
const textOf = (value: unknown): string => String(value).toWellFormed()

/** Empty when there is nothing to carry. Half a surrogate pair, which cannot be encoded, becomes U+FFFD. */
export function formatBaggage(baggage: Baggage): string {
  let text = ''
  for (const [key, { value, metadata }] of baggage.getAllEntries().slice(0, MAX_ENTRIES)) {
    if (!TOKEN.test(key)) continue
    const properties = metadata ? `;${metadata.toString()}` : ''
    const member = `${key}=${encodeURIComponent(textOf(value))}${properties}`
    if (text.length + member.length + 1 <= MAX_LENGTH && !/[\r\n]/.test(member)) text += text === '' ? member : `,${member}`
  }
  return text
}

function metadataOf(text: string): NonNullable<BaggageEntry['metadata']> {
  return { toString: () => text } as NonNullable<BaggageEntry['metadata']>
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
