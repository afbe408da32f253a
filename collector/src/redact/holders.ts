/**
 * The holders of connections in an event of a pool: JSON with statements inside. As plain text it would be cut at the first statement and
 * would no longer be JSON, so each of its texts is cleaned separately.
 */
import { REDACTED } from '@spyglass/agent/redact'
import { RULE, ruleOf } from './key-rules.ts'
import type { Redactor } from './redactor.ts'

/** The list without secrets; undefined if it is not JSON. */
export function cleanHolders(text: string, redactor: Redactor): string | undefined {
  try {
    return JSON.stringify(cleaned(JSON.parse(text), '', redactor))
  } catch {
    return undefined // the caller cleans it as a plain text
  }
}

function cleaned(value: unknown, key: string, redactor: Redactor): unknown {
  if (typeof value === 'string') return cleanText(value, key, redactor)
  if (Array.isArray(value)) return value.map((item) => cleaned(item, key, redactor))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [redactor.textOf(RULE.text, name, ''), cleaned(item, name, redactor)]),
  )
}

function cleanText(value: string, key: string, redactor: Redactor): string {
  const rule = key === 'statement' ? RULE.statement : ruleOf(key)
  if (rule === RULE.secret || rule === RULE.secretText) return REDACTED
  return redactor.textOf(rule, value, '')
}
