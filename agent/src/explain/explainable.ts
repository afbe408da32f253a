/** Which statements may be explained: one SELECT that only reads. In doubt none is. */
import type { StatementShape } from '../sql/statement-shapes.ts'

/** MySQL and MariaDB run what is in such a comment. */
const EXECUTABLE_COMMENT = /\/\*M?!/i
const MAX_LENGTH = 100_000
/** What writes, locks, or is more than one statement. `…`: the normaliser could not tell where a literal ends. */
const REFUSED = /;(?!\s*$)|…|\binto\b|\bfor\s+(?:no\s+key\s+)?(?:update|(?:key\s+)?share)\b|\block\s+in\b|\bprocedure\b/i

/** Judged by the normalised text, where literals and comments do not disturb. */
export function isExplainable(text: string, { operation, text: normalised }: Pick<StatementShape, 'operation' | 'text'>): boolean {
  if (operation !== 'SELECT' || text.length > MAX_LENGTH) return false
  return !EXECUTABLE_COMMENT.test(text) && !REFUSED.test(normalised)
}

/** Without the semicolon at its end. */
export const explained = (text: string): string => text.replace(/[\s;]+$/, '')
