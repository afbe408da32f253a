/** Statements and their parameters in messages: `executed SELECT …`, `… WHERE a = 'x'`, `parameters: $1 = 'x'`. */
import { normaliseSql } from '../sql/normalise.ts'
import { endOfBrackets } from './brackets.ts'
import { endOfLine, replaceFound } from './replace-found.ts'
import { REDACTED } from './secret-names.ts'

const NAME = '[\\w"`.[\\]$@]{1,128}'
const WRITES = `insert\\s{1,4}into\\s|delete\\s{1,4}from\\s|replace\\s{1,4}into\\s|upsert\\s{1,4}into\\s|merge\\s{1,4}into\\s|update\\s{1,4}${NAME}\\s{1,4}set\\s`
const WITH = 'with\\s{1,4}[\\w"`.]{1,128}\\s{1,4}as\\s{1,4}\\(\\s{0,4}select\\s'
const USERS = '(?:alter|create)\\s{1,4}(?:user|role|login)\\s[^\\n]{1,200}?\\s(?:password|identified)\\s|set\\s{1,4}password\\s{1,4}for\\s'
const CALLS = `(?:call|exec(?:ute)?)\\s{1,4}[\\w.]{1,128}\\s{0,2}(?:\\(\\s{0,4}'|@\\w{1,64}\\s{0,2}=)`
const ANY = `(?=(select)\\s|${WRITES}|${WITH}|${USERS}|${CALLS})`
/**
 * Statements are found at the beginning, after a sign or in quotes, and after words that announce one; a sentence with the word "select" is
 * not one.
 */
const STATEMENT = new RegExp(
  `(?:^|[:"'\`([{=>\\n-]|\\b(?:execut(?:ed?|ing)|ran|running|query|statement|sql|explain|analyze|\\dms)\\s)\\s{0,4}${ANY}`,
  'gi',
)
/** In the midst of a sentence only in capitals. */
const CAPITALS = /\s(?=(SELECT)\s|INSERT\s{1,4}INTO\s|DELETE\s{1,4}FROM\s|REPLACE\s{1,4}INTO\s|UPDATE\s{1,4}\S{1,128}\s{1,4}SET\s)/g
/** How far the FROM may be from its SELECT. */
const MAX_COLUMNS_LENGTH = 2000
/** Maximum number of places in one text that are searched for a SELECT. */
const MAX_SELECTS = 8
const IS_SELECT = /\sfrom\s|^select\s{1,4}(?:[\w.]{1,64}\s{0,2}\(\s{0,2}){0,4}'/i
/** What is left of a statement that was cut: a condition, a list of values. */
const CLAUSE = new RegExp(
  `\\bwhere\\s{1,4}${NAME}\\s{0,4}(?:=|<>|!=|[<>]=?|(?:not\\s)?(?:i?like|in|between)(?=[\\s(]))\\s{0,4}\\(?\\s{0,4}(?:[EN]?'|[\\d"])|\\b(?:and|or|having|set|on)\\s{1,4}${NAME}\\s{0,4}(?:=|<>|!=|i?like|in\\s{0,4}\\()\\s{0,4}[EN]?'|\\bvalues\\s{0,4}\\(\\s{0,4}['"\\d]`,
  'gi',
)
/** Syntax errors of MySQL and PostgreSQL quote what follows. */
const NEAR = /(\bnear )'[^\n]{0,300}'(?= at line )|(\bat or near )"(?=['$\d])[^\n]{0,300}"/g

/** Values that are bound to a statement. */
const BOUND =
  /(?<![\w.-])(?:bind(?:ings?|[ _-]?(?:vars|values|variables|params|parameters))?|(?:query|sql|statement)?[ _-]?parameters|replacements|variables|params(?=["']?\s{0,4}[:=]\s{0,4}[[($])|values(?=["']?\s{0,4}[:=]\s{0,4}\[))(["']?)\s{0,4}(?:=>|[:=])\s{0,4}(?=[[({]\s{0,4}[^\s\])}]|\$1\s)/gi
/** MyBatis. */
const TYPED =
  /(\bparameters: )(?=[^\n]{1,1000}\((?:String|Integer|Long|Short|Byte|Double|Float|Boolean|BigDecimal|Date|Timestamp|LocalDate\w{0,4})\))[^\n]+/gi
/** Hibernate. */
const BINDING = /(\bbinding parameter [^\n]{1,60}?(?:-|<-) )\[[^\n]*\]/gi

/** The text with its statements in their normal form, and without the values bound to them. */
export function redactStatements(text: string): string {
  const start = startOfStatement(text, STATEMENT) ?? startOfStatement(text, CAPITALS)
  const before = start === undefined ? text : text.slice(0, start)
  const clear = HAS_CLAUSE.test(before) ? redactClauses(before) : before
  const safe = start === undefined ? clear : clear + normaliseSql(text.slice(start), '')
  const open = safe.includes('near ') ? safe.replaceAll(NEAR, '$1$2?') : safe
  if (!HAS_BOUND.test(open)) return open
  return redactBound(open).replaceAll(TYPED, `$1${REDACTED}`).replaceAll(BINDING, `$1${REDACTED}`)
}

/** Quoted after a comparison or a bracket, or a word that begins a clause. */
const HAS_CLAUSE = /[=>(ne]\s{0,4}[en]?'|where\s|values\s{0,4}\(/i
const HAS_BOUND = /param|bind|values|replacements|variables/i

function startOfStatement(text: string, begins: RegExp): number | undefined {
  begins.lastIndex = 0
  for (let i = 0; i < MAX_SELECTS; i++) {
    const found = begins.exec(text)
    if (!found) return undefined
    const start = found.index + found[0].length
    if (found[1] === undefined || IS_SELECT.test(text.slice(start, start + MAX_COLUMNS_LENGTH))) return start
    begins.lastIndex = Math.max(begins.lastIndex, start + 1)
  }
  return undefined
}

/** From a condition to the end of its line. */
function redactClauses(text: string): string {
  return replaceFound(text, CLAUSE, ({ index }) => {
    const end = endOfLine(text, index)
    return { start: index, end, by: normaliseClause(text.slice(index, end)) }
  })
}

/** A text that begins with no verb of SQL would be left out as a whole. */
const normaliseClause = (clause: string): string => normaliseSql(VERB + clause, '').slice(VERB.length)
const VERB = 'SELECT '

function redactBound(text: string): string {
  return replaceFound(text, BOUND, (found) => {
    const start = found.index + found[0].length
    const quote = found[1] === '"' ? '"' : ''
    const end = text[start] === '$' ? endOfLine(text, start) : endOfBrackets(text, start)
    return { start, end, by: `${quote}${REDACTED}${quote}` }
  })
}
