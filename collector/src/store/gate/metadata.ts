/**
 * Statements about tables that client tools send beside SELECT. Each is matched whole: only names of our database and of the readable
 * system tables fit, so nothing (a table function, a file, a subquery) can stand where a name does.
 */
import { DATABASE } from '@spyglass/agent/contract'
import { READABLE_SYSTEM_TABLES } from '../engine/engine-files.ts'

const quoted = (name: string): string => `(?:${name}|\`${name}\`|"${name}")`
const ANY_NAME = quoted('[A-Za-z_][A-Za-z0-9_]{0,127}')
const OUR_TABLE = `(?:${quoted(DATABASE)}\\s*\\.\\s*)?${ANY_NAME}`
const SYSTEM_TABLE = `${quoted('system')}\\s*\\.\\s*(?:${READABLE_SYSTEM_TABLES.map(quoted).join('|')})`
const TABLE = `(?:${SYSTEM_TABLE}|${OUR_TABLE})`
const OUR_DATABASE = quoted(DATABASE)
const LIKE = "(?:\\s+(?:NOT\\s+)?I?LIKE\\s+'[A-Za-z0-9_%.]{0,128}')?"
const LIMIT = '(?:\\s+LIMIT\\s+\\d{1,9})?'
const FORMAT = '(?:\\s+FORMAT\\s+([A-Za-z]{1,64}))?'

const STATEMENTS = [
  `(?:DESC|DESCRIBE)(?:\\s+TABLE)?\\s+${TABLE}`,
  `EXISTS(?:\\s+TABLE)?\\s+(?:${quoted('system')}\\s*\\.\\s*)?${ANY_NAME}`,
  `EXISTS(?:\\s+TABLE)?\\s+${OUR_TABLE}`,
  `EXISTS\\s+DATABASE\\s+${OUR_DATABASE}`,
  `SHOW\\s+CREATE(?:\\s+TABLE)?\\s+${OUR_TABLE}`,
  `SHOW\\s+CREATE\\s+DATABASE\\s+${OUR_DATABASE}`,
  `SHOW\\s+(?:FULL\\s+)?TABLES(?:\\s+(?:FROM|IN)\\s+${OUR_DATABASE})?${LIKE}${LIMIT}`,
  `SHOW\\s+DATABASES${LIKE}${LIMIT}`,
  `SHOW\\s+(?:FULL\\s+)?(?:COLUMNS|FIELDS)\\s+(?:FROM|IN)\\s+(?:${OUR_TABLE}|${ANY_NAME}\\s+(?:FROM|IN)\\s+${OUR_DATABASE})${LIKE}`,
].map((pattern) => new RegExp(`^${pattern}${FORMAT}$`, 'i'))

/** Whether the text is such a statement, and the format it names. */
export function matchMetadata(sql: string): { readonly format: string | undefined } | undefined {
  const text = sql.replace(/[\s;]+$/, '').trimStart()
  for (const pattern of STATEMENTS) {
    const match = pattern.exec(text)
    if (match) return { format: match[1] }
  }
  return undefined
}
