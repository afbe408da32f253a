/** Values that are secret for what stands beside them: `p` beside a user's name, the tokens `access` and `refresh`, a value whose name is a value itself. */
import { looksSecret } from './looks-secret.ts'
import { replaceFound, type Replacement } from './replace-found.ts'
import { isSecretName, REDACTED } from './secret-names.ts'

/** A quote, also one that is escaped: JSON in JSON. */
const Q = '\\\\{0,8}["\'`]?'
const VALUE = '(?:\\\\{0,8}"[^"\\\\\\n]{0,400}\\\\{0,8}"?|\'[^\'\\\\\\n]{0,400}\\\\{0,8}\'?|[^\\s,;&"\'`{}()[\\]\\\\]{1,400})'
const IS = '\\s{0,2}[:=]\\s{0,2}'
const GAP = '(?:\\s{0,4}[,;&]\\s{0,4}|\\s{1,4})'
/** The beginning of a name. */
const NAME = `(?<![\\w.-])${Q}`
const USER = `${NAME}(?:u|un|usr|uname|user(?:_?name)?|login|uid)${Q}${IS}`
const P = `${NAME}p${Q}${IS}`
const AFTER_USER = new RegExp(`(${USER}${VALUE}${GAP}${P})(${VALUE})`, 'gi')
const BEFORE_USER = new RegExp(`(${P})(${VALUE})(?=${GAP}${USER})`, 'gi')
/** Pages, percentages and probabilities are called `p` as well. */
const NO_PASSWORD = /^(?:true|false|null|undefined|none|\d{1,3}|\d{0,3}\.\d+)%?$/i

const REFRESH = `${NAME}refresh${Q}${IS}`
const ACCESS = `${NAME}access${Q}${IS}`
const REFRESHES = new RegExp(`(${REFRESH})(${VALUE})`, 'gi')
const ACCESS_BEFORE = new RegExp(`(${ACCESS})(${VALUE})(?=${GAP}${REFRESH})`, 'gi')
const ACCESS_AFTER = new RegExp(`(${REFRESH}${VALUE}${GAP}${ACCESS})(${VALUE})`, 'gi')
const ACCESS_ALONE = new RegExp(`(${ACCESS})(${VALUE})`, 'gi')
/** What else is called so: intervals, ways, and labels of buttons. */
const NO_TOKEN =
  /^(?:true|false|null|undefined|none|on|off|yes|no|ok|done|wait_for|auto|automatic|manual|manually|never|always|once|hourly|daily|weekly|monthly|lazy|eager|force|forced|full|partial|incremental|background|poll|push|public|private|granted|denied|read|write|[A-Z][a-z]+|\d+(?:\.\d+)?[a-z]{0,12})$/
const TOKEN = /^[\w.~+/=-]+$/
const MIN_LONG = 16

/** `{"k":"password","v":"…"}`, `field=password value=…`. */
const NAMED_BY_VALUE = new RegExp(
  `(${NAME}(?:k|key|name|field|header|param(?:eter)?|prop(?:erty)?|attr(?:ibute)?|var(?:iable)?|id|label|type)${Q}${IS}${Q}([\\w.-]{1,80})${Q}${GAP}${NAME}(?:v|val|value|content|data)${Q}${IS})(${VALUE})`,
  'gi',
)

/** The text without them. */
export function redactBeside(text: string): string {
  let result = text
  if (/\bp\b/i.test(result))
    for (const form of [AFTER_USER, BEFORE_USER]) result = replaceValues(result, form, (value) => !NO_PASSWORD.test(value))
  if (/refresh/i.test(result)) for (const form of [ACCESS_BEFORE, ACCESS_AFTER, REFRESHES]) result = replaceValues(result, form, isToken)
  if (/access/i.test(result)) result = replaceValues(result, ACCESS_ALONE, (value) => isToken(value) && looksSecret(value, MIN_LONG))
  return /\b(?:v|val|value|content|data)\b/i.test(result) ? replaceFound(result, NAMED_BY_VALUE, valueOfName) : result
}

function valueOfName(found: RegExpExecArray): Replacement | undefined {
  const [, before = '', name = '', value = ''] = found
  return isSecretName(name) && unquoted(value) !== '' ? replaced(found, before, value) : undefined
}

function replaceValues(text: string, form: RegExp, isSecret: (value: string) => boolean): string {
  return replaceFound(text, form, (found) => {
    const [, before = '', value = ''] = found
    const plain = unquoted(value)
    return plain !== '' && plain !== REDACTED && isSecret(plain) ? replaced(found, before, value) : undefined
  })
}

const isToken = (value: string): boolean => TOKEN.test(value) && !NO_TOKEN.test(value)

const QUOTE = /^\\{0,8}["'`]/

const unquoted = (value: string): string => value.replace(QUOTE, '').replace(/\\{0,8}["'`]$/, '')

/** In the quotes in which it stood. */
function replaced({ index }: RegExpExecArray, before: string, value: string): Replacement {
  const start = index + before.length
  const quote = QUOTE.exec(value)?.[0] ?? ''
  return { start, end: start + value.length, by: `${quote}${REDACTED}${quote}` }
}
