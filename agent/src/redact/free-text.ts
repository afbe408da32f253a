/**
 * Searches text for the usual forms of secrets. Best effort: it knows names with values, credentials of HTTP, keys of well-known issuers,
 * card numbers, URLs with user info and SQL. A secret that looks like any other word stays.
 */
import { endOfBrackets } from './brackets.ts'
import { redactAccounts } from './account-number.ts'
import { redactCardNumbers } from './card-number.ts'
import { redactCommands } from './commands.ts'
import { redactIssued } from './issued.ts'
import { looksSecret } from './looks-secret.ts'
import { redactPhrases } from './phrases.ts'
import { isSecretName, REDACTED } from './secret-names.ts'
import { redactStatements } from './statements.ts'
import { redactUserInfo } from './url.ts'

const KEY =
  '(?:pass(?:word|wd|wort|phrase|code)|contrase[ñn]a|kennwort|密码|密碼|口令|パスワード|비밀번호|пароль|(?<![a-z])(?:pass|dbpass|pgpass|pwd|pw|sid|cvv|cvc|otp|pin|ssn|jwt|dsn|dpop|creds?|mnemonic|baggage)(?![a-z])|secret|token|(?:api|app|access|private|account|client|encryption|hmac|instrumentation|license|master|auth|signing|session|shared|ssh|sentry|ssl|subscription|tls|unseal|webhook)[ _-]?key|passkey|(?<=[?&;])(?:sig|code|key|auth)|(?<=[?&;-])signature|authorization|cookie|credential|sess(?:ion)?[ _-]?id|sharedaccess|connection[ _-]?string|code_verifier|client_assertion|saml(?:request|response)|remember_me|seed[ _-]?phrase|recovery[ _-]?codes?|(?:request|response)[ _-]?(?:body|payload)|webhook[ _-]?url|signaturevalue|client-cert)'
/** Names of much else, so that their value must look like a secret. */
const COMMON = '(?<![a-z-])(?:_?auth|signature|session|nonce|salt|mac|hmac|_?csrf|_?xsrf|assertion|saml:assertion)'
/** A name, what may close it, and the separator before its value. All repetitions are bounded, so the search is linear. */
const NAMED = new RegExp(`(?:${KEY}[\\w.-]{0,40}|${COMMON})\\\\{0,8}(?:["'\`\\])]{0,2}|%5D)\\s{0,4}(?:=>|:=|[:=：＝]|%3[AD])\\s{0,4}`, 'gi')
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
const SCHEMED = /\b(bearer|basic|digest|negotiate|ntlm|apikey)(\s{1,4})([\w.~+/=-]{6,})/gi
const PARAMETRISED =
  /\b(?:digest|hawk|oauth|signature|mac|aws4-hmac-sha256|sharedaccesssignature)\s{1,4}(?=[\w-]{1,40}\s{0,2}=\s{0,2}["\\\w%])/gi
const PARAMETER = /\s{0,4}[,&]?\s{0,4}[\w-]{1,40}\s{0,2}=\s{0,2}(?:\\{0,8}"[^"\n\\]*\\{0,8}"|[^\s,"&]+)/y
const PRIVATE_KEY = '-----BEGIN '
const PRIVATE_KEY_END = /-----END [A-Z ]{0,40}-----/g
/** Words of prose after "bearer" and the other schemes. */
const PROSE = /^(?:[a-z]{1,30}|tokens?|authentication|authorization)$/i
const TRIGGER =
  /[:=<：＝]|@|%3[ad]|\[\s{0,4}["']|-\w|\d(?:[ -]?\d){12}|[a-z]\d\d ?[\da-z]{4} ?[\da-z]{4}|bearer|basic|digest|negotiate|ntlm|apikey|AKIA|ASIA|eyJ|[a-z\d]{2}_\w{12}|[vsg][bs9g]\.|(?:pass|pwd|kennwort|token|key|auth|cookie|session|secret|credential|code|otp|pin|cv[vc]|ssn|security|login|identified|string)[^\n]{0,24}[\d"'`!$%^&*+~#]|entry '|the [\w ]{1,40}value '|contains \(|value is \(|near ['"]|where\s|values\s{0,4}\(|parameter|\('|like\s{0,4}'|select\s|insert\s|update\s|delete\s|replace\s|merge\s|upsert\s|(?:alter|create)\s|--/i
/** The text without what looks like a secret; the same text when nothing does. A form is searched only in texts that contain its fixed part. */
export function redactText(text: string): string {
  if (!TRIGGER.test(text)) return text
  let result = redactStatements(text)
  if (text.includes(PRIVATE_KEY)) result = redactPrivateKeys(result)
  if (text.includes('=')) result = redactParameters(result)
  result = redactRawLists(redactMarked(redactNamed(result)))
  result = result.replaceAll(SCHEMED, redactSchemed)
  result = redactPhrases(redactCommands(redactIssued(result, REDACTED)))
  if (result.includes('://')) result = redactUserInfo(result)
  return redactAccounts(redactCardNumbers(result, REDACTED), REDACTED)
}

/** Secrets marked by tags, pairs, options and messages. */
function redactMarked(text: string): string {
  let result = text
  if (text.includes('>')) result = result.replaceAll(TAGGED, `<$1>${REDACTED}`)
  if (/value/i.test(text)) result = result.replaceAll(PAIRED, `$1"${REDACTED}"`).replaceAll(XML_VALUE, `$1"${REDACTED}"`)
  if (text.includes('[')) result = result.replaceAll(LISTED, `$1"${REDACTED}"`)
  if (/name="/i.test(text)) result = result.replaceAll(FORM_PART, `$1${REDACTED}`)
  if (text.includes('--')) result = result.replaceAll(OPTION, `$1$2${REDACTED}`)
  if (text.includes('Key (')) result = result.replaceAll(KEY_DETAIL, 'Key ($1)=(?)')
  if (text.includes('@')) result = result.replaceAll(GO_DSN, `$1:${REDACTED}@`).replaceAll(ORACLE_DSN, `$1${REDACTED}`)
  return result.replaceAll(QUOTED_VALUE, '$1$2$3$4$5?')
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

/** `Bearer …` is a credential unless a few known words follow; the other schemes are ordinary words as well. */
function redactSchemed(whole: string, scheme: string, space: string, value: string): string {
  const isBearer = scheme.toLowerCase() === 'bearer'
  const isProse = isBearer
    ? /^(?:tokens?|auth\w*|scheme|realm|format|header)$/i.test(value)
    : PROSE.test(value) && !/[a-z][A-Z]/.test(value)
  return isProse ? whole : `${scheme}${space}${REDACTED}`
}

/** Schemes of HTTP with parameters: `Digest username="…", response="…"`. */
function redactParameters(text: string): string {
  let result = ''
  let from = 0
  PARAMETRISED.lastIndex = 0
  for (let found = PARAMETRISED.exec(text); found; found = PARAMETRISED.exec(text)) {
    const start = found.index + found[0].length
    let end = start
    PARAMETER.lastIndex = start
    while (PARAMETER.test(text)) end = PARAMETER.lastIndex
    result += text.slice(from, start) + REDACTED
    from = PARAMETRISED.lastIndex = end
  }
  return from === 0 ? text : result + text.slice(from)
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
const COUNT = /^(?:\d+|true|false|null|undefined)(?![\w.-])/
const OPENING = /^(?:[A-Z]\w{0,40}(?:\(\d+\))? )?(?:\[[\w: ]{1,40}\] )?[[{]/
const HEADER = /^(?:authorization|cookie)/i
const IS_COMMON = new RegExp(`^${COMMON}(?![\\w.-])`, 'i')
const UNQUOTED_END = /[\s,;&"'`<>)\]}]/

/** Whether the value at the beginning of `head` is a count, is replaced already, or is not what a common name means by a secret. */
function isOpen(head: string, quoteLength: number, name: string): boolean {
  const count = COUNT.exec(head)
  if (count && (/token/i.test(name) || !/^\d/.test(count[0]))) return true
  if (head.startsWith(REDACTED, quoteLength)) return true
  return IS_COMMON.test(name) && !looksSecret(/^[^\s"'`,;<>)}\]]*/.exec(head.slice(quoteLength))?.[0] ?? '')
}

/** The end of the value that begins at `start`; `start` itself if it is not a secret. */
function endOfValue(text: string, start: number, name: string): number {
  const head = text.slice(start, start + 100)
  const quote = QUOTE.exec(head)?.[0]
  if (isOpen(head, quote?.length ?? 0, name)) return start
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
