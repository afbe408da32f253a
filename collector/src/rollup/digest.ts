import { createHash } from 'node:crypto'

const LITERALS = /'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b/g

/** 16 hexadecimal digits for a statement of a sender that brings no digest of its own; literals and spacing do not count. */
export function digestOf(statement: string): string {
  const shape = statement.replaceAll(LITERALS, '?').replaceAll(/\s+/g, ' ').trim()
  return createHash('sha256').update(shape).digest('hex').slice(0, 16)
}
