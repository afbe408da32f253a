/**
 * What an application says of a request: its user, its tenant, what it is about. Kept as given and made safe when its span is made, since most
 * requests are not kept. Bounded in number and length; they are on the root span alone, never in an aggregate.
 */
import type { AttributesInput } from '../otlp/records.ts'
import { isSecretField, REDACTED, redactText } from '../redact/index.ts'

const MAX_ATTRIBUTES = 32
const MAX_NAME = 64
const MAX_VALUE = 256
/** What the suite itself reads from spans is not the application's to say. */
const OURS = 'spyglass.'

type Value = string | number | boolean

let dropped = 0

/** Attributes of all requests that were not accepted: too many, a name that is none, a value that is no text, number or boolean. */
export function droppedRootAttributes(): number {
  return dropped
}

export class RootAttributes {
  readonly #values = new Map<string, Value>()

  /** A later value replaces an earlier one. */
  set(name: unknown, value: unknown): void {
    const accepted = acceptedValue(value)
    if (accepted === undefined || !isName(name) || (this.#values.size >= MAX_ATTRIBUTES && !this.#values.has(name))) dropped++
    else this.#values.set(name, accepted)
  }

  /** Without secrets. */
  get safe(): AttributesInput {
    return Object.fromEntries([...this.#values].map(([name, value]) => [name, safeValue(name, value)]))
  }
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= MAX_NAME && !name.startsWith(OURS)
}

/** Programs without types pass anything. */
function acceptedValue(value: unknown): Value | undefined {
  if (typeof value === 'string') return value.slice(0, MAX_VALUE)
  if (typeof value === 'bigint') return String(value).slice(0, MAX_VALUE)
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

function safeValue(name: string, value: Value): Value {
  if (isSecretField(name, value)) return REDACTED
  return typeof value === 'string' ? redactText(value) : value
}
