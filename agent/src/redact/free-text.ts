/**
 * Searches text for the usual forms of secrets. Best effort: it knows names with values, credentials of HTTP, keys of well-known issuers,
 * card numbers, URLs with user info and SQL. A secret that looks like any other word stays.
 */
import { normaliseSql } from '../sql/normalise.ts'
import { redactCardNumbers } from './card-number.ts'
import { isSecretName, REDACTED } from './secret-names.ts'
import { redactUserInfo } from './url.ts'

const KEY =
  '(?:pass(?:word|wd|wort|phrase|code)|contrase[ñn]a|kennwort|密码|密碼|口令|パスワード|비밀번호|пароль|(?<![a-z])(?:pass|pwd|pw|sid|cvv|cvc|otp|pin|ssn|jwt)(?![a-z])|secret|token|(?:api|access|private|account|encryption|signing|master|auth|ssh)[ _-]?key|(?<=[?&;])(?:sig|code|key)|(?<=[?&;-])signature|authorization|cookie|credential|sess(?:ion)?[ _-]?id|sharedaccess)'
/** A name, what may close it, and the separator before its value. All repetitions are bounded, so the search is linear. */
const NAMED = new RegExp(`${KEY}([\\w.-]{0,40})\\\\{0,8}(?:["'\`\\])]{0,2}|%5D)\\s{0,4}(?:=>|:=|[:=：＝]|%3[AD])\\s{0,4}`, 'gi')
const TAGGED = new RegExp(`<([a-z:_]{0,20}${KEY}[\\w:.-]{0,40}(?:\\s[^<>]{0,200})?)>(?:<!\\[CDATA\\[[^\\]]*(?:\\]\\]>)?|[^<]+)`, 'gi')
/** Headers and fields as pairs: `{"name":"Authorization","value":"…"}`. */
const PAIRED = new RegExp(
  `(["'](?:name|key|header)["']\\s{0,4}:\\s{0,4}["'][\\w.-]{0,40}${KEY}[\\w.-]{0,40}["']\\s{0,4},\\s{0,4}["']value["']\\s{0,4}:\\s{0,4})("(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*')`,
  'gi',
)
/** Attributes of XML: `<add key="Password" value="…"/>`, `<Password value="…"/>`. */
const XML_VALUE = new RegExp(
  `((?:<[a-z:_]{0,20}|(?:name|key)\\s{0,2}=\\s{0,2}["'][\\w.:-]{0,40})${KEY}[\\w.:-]{0,40}["']?\\s{1,4}value\\s{0,2}=\\s{0,2})("[^"]*"?|'[^']*'?)`,
  'gi',
)
/** A part of `multipart/form-data`. */
const FORM_PART = new RegExp(
  `(name="[^"\\n]{0,40}${KEY}[^"\\n]{0,40}"\\r?\\n(?:[\\w-]{1,40}:[^\\n]{0,200}\\n){0,2}\\r?\\n)[^\\r\\n]+`,
  'gi',
)
/** The same as lists: `["X-Api-Key","…"]`, which holds no third. */
const LISTED = new RegExp(
  `(\\[\\s{0,4}(["'])[\\w.-]{0,40}${KEY}[\\w.-]{0,40}\\2\\s{0,4},\\s{0,4})("(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*')(?=\\s{0,4}\\])`,
  'gi',
)
/** Names and values in turn, as Node's `rawHeaders`. */
const RAW_LIST = /raw_?(?:headers|trailers)["']?\s{0,4}[:=]\s{0,4}\[/gi
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[[\]]/g
/** An option and its value on a command line. */
const OPTION =
  /(?<=^|[ \t\n])(--[\w-]{0,30}(?:pass(?:word|wd|phrase)|secret|token|api-?key))(\s{1,4})(?![-[]|(?:to|is|and|or|for|was|not|must|option|flag|argument)\b)(?:"[^"]*"?|'[^']*'?|[^\s"']+)/gi
/** PostgreSQL's message about a violated constraint. */
const KEY_DETAIL = /\bKey \(([^()]{1,200})\)=\([^\n]{0,300}?\)(?= (?:already exists|is (?:not|still)|conflicts))/g
/** Messages of PostgreSQL, MySQL, SQL Server and MongoDB that quote a value or a whole row. */
const QUOTED_VALUE =
  /(\bDuplicate entry |\b(?:Incorrect|Truncated incorrect) [\w() ]{1,40}value: |\bconverting the [\w ]{1,40}value )'[^\n]{0,300}?'(?= (?:for|to)\b|$)|(\binvalid (?:input syntax for (?:type )?[\w ]{1,40}|input value for enum [\w."]{1,80}): )"[^\n]{0,300}"|(\bFailing row contains )\([^\n]{0,2000}\)|(\bdup key: )\{[^\n]{0,300}\}|(\bduplicate key value is )\([^\n]{0,300}\)/gm
/** Connection strings of Go and of Oracle, which are no URLs. */
const GO_DSN = /(?<![\w.])([\w.-]{1,64}):[^\s:@/]{1,200}@(?=(?:tcp|udp|unix)\()/g
const ORACLE_DSN = /(\bjdbc:oracle:\w{1,8}:[^\s/@]{1,100}\/)[^\s@]{1,200}(?=@)/g
const SCHEMED = /\b(bearer|basic|digest|negotiate)(\s{1,4})([\w.~+/=-]{6,})/gi
const ISSUED =
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\beyJ[\w-]{5,2000}\.[\w-]{5,2000}(?:\.[\w-]{0,2000})?|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeoprs]-[\w-]{8,}|\b[rs]k_(?:live|test)_\w{8,}|\bsk-[\w-]{20,}|\bAIza[\w-]{30,}|\bnpm_\w{30,}|\bhvs\.[\w-]{20,}|\bya29\.[\w-]{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bshp(?:at|ca|pa|ss)_\w{20,}|\bdop_v1_\w{40,}|\bwhsec_[\w+/=]{16,}|(?<=\bhooks\.slack\.com\/(?:services|workflows)\/)[\w/]{10,}/g
const PRIVATE_KEY = '-----BEGIN '
const PRIVATE_KEY_END = /-----END [A-Z ]{0,40}-----/g
/** Statements are found at the beginning, after a colon or in quotes; a sentence with the word "select" is not one. */
const SQL =
  /(?:^|[:"'`(\n-])\s{0,4}(?=(select)\s|insert\s{1,4}into\s|delete\s{1,4}from\s|update\s{1,4}[\w"`.[\]]{1,128}\s{1,4}set\s|replace\s{1,4}into\s|with\s{1,4}[\w"`.]{1,128}\s{1,4}as\s{1,4}\(\s{0,4}select\s|(?:alter|create)\s{1,4}(?:user|role|login)\s[^\n]{1,200}?\s(?:password|identified)\s)/gi
/** How far the FROM may be from its SELECT. */
const MAX_COLUMNS_LENGTH = 2000
/** Maximum number of places in one text that are searched for a SELECT. */
const MAX_SELECTS = 8
/** Words of prose after "bearer" and the other schemes. */
const PROSE = /^(?:[a-z]{1,30}|tokens?|authentication|authorization)$/i
const TRIGGER =
  /[:=<：＝]|@|%3[ad]|\[\s{0,4}["']|--\w|\d(?:[ -]?\d){12}|bearer|basic|digest|negotiate|-----BEGIN|AKIA|ASIA|eyJ|gh[pousr]_|github_pat|glpat-|xox|[rs]k[_-]|AIza|npm_|hvs\.|ya29\.|SG\.|shp\w\w_|dop_|whsec_|entry '|the [\w ]{1,40}value '|contains \(|value is \(|select\s|insert\s|update\s|delete\s|replace\s|(?:alter|create)\s/i

/** The text without what looks like a secret; the same text when nothing does. */
export function redactText(text: string): string {
  if (!TRIGGER.test(text)) return text
  let result = redactStatement(text)
  result = redactPrivateKeys(result)
  result = redactNamed(result)
  result = redactRawLists(redactPaired(result))
  result = result.replaceAll(SCHEMED, redactSchemed)
  result = result.replaceAll(ISSUED, REDACTED)
  if (result.includes('://')) result = redactUserInfo(result)
  return redactCardNumbers(result, REDACTED)
}

/** Secrets marked by tags, pairs, options and messages. */
function redactPaired(text: string): string {
  return text
    .replaceAll(TAGGED, (_whole, tag: string) => `<${tag}>${REDACTED}`)
    .replaceAll(PAIRED, (_whole, name: string) => `${name}"${REDACTED}"`)
    .replaceAll(LISTED, (_whole, name: string) => `${name}"${REDACTED}"`)
    .replaceAll(XML_VALUE, `$1"${REDACTED}"`)
    .replaceAll(FORM_PART, `$1${REDACTED}`)
    .replaceAll(OPTION, `$1$2${REDACTED}`)
    .replaceAll(KEY_DETAIL, 'Key ($1)=(?)')
    .replaceAll(QUOTED_VALUE, '$1$2$3$4$5?')
    .replaceAll(GO_DSN, `$1:${REDACTED}@`)
    .replaceAll(ORACLE_DSN, `$1${REDACTED}`)
}

/** `rawHeaders: [ 'X-Api-Key', '…', 'Accept', '…' ]` as `util.inspect` and JSON write it. */
function redactRawLists(text: string): string {
  let result = ''
  let from = 0
  RAW_LIST.lastIndex = 0
  for (let found = RAW_LIST.exec(text); found; found = RAW_LIST.exec(text)) {
    let name: string | undefined
    QUOTED.lastIndex = RAW_LIST.lastIndex
    for (let item = QUOTED.exec(text); item && !'[]'.includes(item[0]); item = QUOTED.exec(text)) {
      if (name === undefined) name = item[0].slice(1, -1)
      else {
        if (isSecretName(name)) {
          result += `${text.slice(from, item.index)}${item[0][0]}${REDACTED}${item[0][0]}`
          from = QUOTED.lastIndex
        }
        name = undefined
      }
    }
  }
  return from === 0 ? text : result + text.slice(from)
}

/** Messages of database drivers contain the statement with its values. */
function redactStatement(text: string): string {
  SQL.lastIndex = 0
  for (let i = 0; i < MAX_SELECTS; i++) {
    const found = SQL.exec(text)
    if (!found) return text
    const start = found.index + found[0].length
    const isSelect = found[1] !== undefined
    if (!isSelect || IS_SELECT.test(text.slice(start, start + MAX_COLUMNS_LENGTH))) {
      return text.slice(0, start) + normaliseSql(text.slice(start), '')
    }
    SQL.lastIndex = Math.max(SQL.lastIndex, start + 1)
  }
  return text
}

/** `Bearer …` is a credential unless a few known words follow; the other schemes are ordinary words as well. */
function redactSchemed(whole: string, scheme: string, space: string, value: string): string {
  const isBearer = scheme.toLowerCase() === 'bearer'
  const isProse = isBearer
    ? /^(?:tokens?|auth\w*|scheme|realm|format|header)$/i.test(value)
    : PROSE.test(value) && !/[a-z][A-Z]/.test(value)
  return isProse ? whole : `${scheme}${space}${REDACTED}`
}

function redactPrivateKeys(text: string): string {
  let result = ''
  let from = 0
  for (let start = text.indexOf(PRIVATE_KEY); start >= 0; start = text.indexOf(PRIVATE_KEY, from)) {
    const isPrivate = text.slice(start, start + 60).includes('PRIVATE KEY')
    if (!isPrivate) {
      result += text.slice(from, start + PRIVATE_KEY.length)
      from = start + PRIVATE_KEY.length
      continue
    }
    PRIVATE_KEY_END.lastIndex = start
    const end = PRIVATE_KEY_END.exec(text)
    result += text.slice(from, start) + REDACTED
    from = end ? PRIVATE_KEY_END.lastIndex : text.length
  }
  return from === 0 ? text : result + text.slice(from)
}

/** `password=…`, `"token": "…"`, `{ apiKey: '…' }`, `Cookie: …`, `Map(1) { 'pin' => '…' }`. */
function redactNamed(text: string): string {
  let result = ''
  let from = 0
  NAMED.lastIndex = 0
  for (let found = NAMED.exec(text); found; found = NAMED.exec(text)) {
    const start = found.index + found[0].length
    const end = endOfValue(text, start, found[0])
    if (end > start) {
      result += text.slice(from, start) + stoodIn(text, start, found[0])
      from = end
    }
    NAMED.lastIndex = Math.max(end, start)
  }
  return from === 0 ? text : result + text.slice(from)
}

/** The replacement of a value: in quotes if the value or, in JSON, its name had quotes. */
function stoodIn(text: string, start: number, name: string): string {
  const quote =
    QUOTE.exec(text.slice(start, start + 16))?.[0] ??
    (OPENS_BRACKETS.test(text[start] as string) ? (/\\?"(?=\s*:)/.exec(name)?.[0] ?? '') : '')
  return `${quote}${REDACTED}${quote}`
}

const QUOTE = /^\\*["'`]/
const OPENS_BRACKETS = /[[{]/
const IS_SELECT = /\sfrom\s|^select\s{1,4}(?:[\w.]{1,64}\s{0,2}\(\s{0,2}){0,4}'/i
const COUNT = /^(?:\d+|true|false|null|undefined)(?![\w.-])/
const OPENING = /^(?:[A-Z]\w{0,40}(?:\(\d+\))? )?(?:\[[\w: ]{1,40}\] )?[[{]/
const HEADER = /^(?:authorization|cookie)/i
const UNQUOTED_END = /[\s,;&"'`<>)\]}]/

/** The end of the value that begins at `start`; `start` itself if it is not a secret. */
function endOfValue(text: string, start: number, name: string): number {
  const head = text.slice(start, start + 100)
  const count = COUNT.exec(head)
  if (count && (/token/i.test(name) || !/^\d/.test(count[0]))) return start
  const quote = QUOTE.exec(head)?.[0]
  if (head.startsWith(REDACTED, quote?.length ?? 0)) return start
  if (quote !== undefined) return endOfQuoted(text, start, quote)
  const opening = OPENING.exec(head)?.[0]
  if (opening !== undefined) return endOfBrackets(text, start + opening.length - 1)
  if (head.startsWith('<')) return endOfLineOr(text, start, '>')
  if (HEADER.test(name)) return endOfLineOr(text, start, '"')
  return endOfUnquoted(text, start)
}

/** Credentials may begin with a scheme: `Bearer …`. */
function endOfUnquoted(text: string, start: number): number {
  const scheme = /^(?:bearer|basic|digest|negotiate)\s+/i.exec(text.slice(start, start + 20))?.[0] ?? ''
  let end = start + scheme.length
  while (end < text.length && !UNQUOTED_END.test(text[end] as string)) end++
  return end
}

function endOfLineOr(text: string, start: number, stop: string): number {
  let end = start
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r' && text[end] !== stop) end++
  return end
}

/** A quoted value, with those that `util.inspect` joins to it by `+` on the next lines. `quote` may be escaped: JSON in JSON. */
function endOfQuoted(text: string, start: number, quote: string): number {
  let at = start + quote.length
  for (;;) {
    const close = closeOf(text, at, quote)
    if (close < 0) return text.length
    const joint = /^ \+\s{1,200}(?=['"`])/.exec(text.slice(close, close + 203))?.[0]
    if (joint === undefined) return close
    at = close + joint.length + 1
  }
}

/** Index after the closing quote, or -1. A quote after more backslashes than the opening one has is part of the value. */
function closeOf(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    let before = at - 1
    while (before >= from && text[before] === '\\') before--
    if ((at - 1 - before) % 2 === 0) return at + quote.length
  }
  return -1
}

function endOfBrackets(text: string, open: number): number {
  let depth = 0
  let quote = ''
  for (let at = open; at < text.length; at++) {
    const char = text[at] as string
    if (quote !== '') {
      if (char === '\\') at++
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'" || char === '`') quote = char
    else if (char === '[' || char === '{') depth++
    else if ((char === ']' || char === '}') && --depth === 0) return at + 1
  }
  return text.length
}
