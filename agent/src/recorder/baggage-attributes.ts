/** Entries of W3C Baggage that become attributes of the root span: those that SPYGLASS_BAGGAGE_ATTRIBUTES names, none by default. */
import type { Baggage } from '@opentelemetry/api'
import type { AttributesInput } from '../otlp/records.ts'
import { parseBaggage } from './baggage.ts'
import { RootAttributes } from './root-attributes.ts'
import type { TraceRecord } from './trace-record.ts'

let keys: readonly string[] = []

export function setBaggageKeys(names: readonly string[]): void {
  keys = names
}

/** Of baggage that the application sets while it serves the request. */
export function noteBaggage(record: TraceRecord, baggage: Baggage | undefined): void {
  for (const key of keys) {
    const entry = baggage?.getEntry(key)
    if (entry) record.rootAttributes().set(key, entry.value)
  }
}

/** Of the baggage that came with the request. Called for kept records only, while they run. */
export function baggageAttributes(record: TraceRecord): AttributesInput {
  if (keys.length === 0) return {}
  const attributes = new RootAttributes()
  const baggage = parseBaggage(record.header('baggage'))
  for (const key of keys) {
    const entry = baggage?.getEntry(key)
    if (entry) attributes.set(key, entry.value)
  }
  return attributes.safe
}
