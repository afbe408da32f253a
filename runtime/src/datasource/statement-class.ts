/** What a statement does, as far as its words tell. In doubt it writes. */
import { normaliseSql } from '@spyglass/agent/sql'

const READS = /^\(*\s*(select|with|show|explain|values|table|describe|desc)\b/
/** Words of statements that lock or change something though they begin like a read; columns of these names make them writes, which is safe. */
const NOT_READS =
  /\b(insert|update|delete|merge|replace|into|share|lock|analy[sz]e|call|do|create|alter|drop|truncate|copy|grant|nextval|setval|get_lock|release_lock|pg_\w*lock\w*|pg_notify|set_config|last_insert_id)\b/
const ENDS_NOTHING =
  /^(rollback|abort|begin|start|savepoint|release|set|declare|fetch|close|listen|unlisten|deallocate|discard|prepare(?!\s+transaction))\b/
const COMMITS = /\b(commit|end|prepare\s+transaction)\b/

/** Without literals, in lower case. */
const wordsOf = (text: string, system: string): string => normaliseSql(text, system).trim().replace(/;$/, '').toLowerCase()

/** Whether it only reads, so that a copy may answer it. What functions do that it calls is not known. */
export function isRead(text: string, system: string): boolean {
  const words = wordsOf(text, system)
  return READS.test(words) && !words.includes(';') && !NOT_READS.test(words)
}

/** Whether its success makes something lasting: a commit, or outside of a transaction whatever is no read. */
export function mayCommit(text: string, system: string, isInTransaction: boolean): boolean {
  const words = wordsOf(text, system)
  if (COMMITS.test(words)) return true
  return !isInTransaction && !ENDS_NOTHING.test(words) && !isRead(text, system)
}

/** Whether it names something in that schema: `reporting.orders`, `"reporting"."orders"`. */
export function namesSchema(text: string, system: string, schema: string): boolean {
  const escaped = schema.toLowerCase().replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  return new RegExp(String.raw`(^|[^\w.])["\`]?${escaped}["\`]?\s*\.`).test(wordsOf(text, system))
}
