/** Redacts what the collector receives as rows: lines of log files, and events of our own processes. */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { isSecretField, REDACTED, redactText } from '@spyglass/agent/redact'
import { cleanHolders } from './holders.ts'
import { ruleOf, RULE } from './key-rules.ts'
import type { Redactor } from './redactor.ts'

/** The parts of a row that come from the writer of the log line. */
export interface RedactableRow {
  readonly service: string
  readonly body: string
  readonly attributes: readonly (readonly [string, string])[]
}

/** The row without secrets. */
export function redactRow<T extends RedactableRow>(row: T, redactor: Redactor): T {
  if (redactor.isExcepted(row.service)) return row
  const body = counted(redactor, row.body, redactText(row.body))
  const system = row.attributes.find(([key]) => ruleOf(key) === RULE.system)?.[1] ?? ''
  const attributes = row.attributes.map(([key, value]) => [key, counted(redactor, value, safeValue(redactor, key, value, system))] as const)
  return { ...row, body, attributes }
}

/** An event of our own processes without secrets. Messages and attributes may quote what an application wrote. */
export function redactEvent(event: SpyglassEvent, redactor: Redactor): SpyglassEvent {
  const attributes = Object.entries(event.attributes).map(([key, value]) => {
    const safe = counted(redactor, String(value), safeValue(redactor, key, String(value), ''))
    return [key, safe === String(value) ? value : safe] as const
  })
  const holders = event.holders && (JSON.parse(cleanHolders(JSON.stringify(event.holders), redactor) ?? '[]') as SpyglassEvent['holders'])
  const message = counted(redactor, event.message, redactText(event.message))
  return { ...event, message, attributes: Object.fromEntries(attributes), ...(holders ? { holders } : {}) }
}

function safeValue(redactor: Redactor, key: string, value: string, system: string): string {
  const rule = ruleOf(key)
  if (rule !== RULE.secret && rule !== RULE.secretText) return redactor.textOf(rule, value, system)
  const isNumber = /^-?\d+(?:\.\d+)?$/.test(value)
  return isSecretField(key, isNumber ? Number(value) : value) ? REDACTED : value
}

function counted(redactor: Redactor, before: string, after: string): string {
  if (before !== after) redactor.redacted++
  return after
}
