/**
 * Searches text for the usual forms of secrets. Best effort: it knows names with values, credentials of HTTP, keys of well-known issuers,
 * card numbers, key files, URLs with user info and SQL. A secret that looks like any other word stays.
 */
import { redactBeside } from './beside.ts'
import { endOfBrackets } from './brackets.ts'
import { redactAccounts } from './account-number.ts'
import { redactCardNumbers } from './card-number.ts'
import { redactCommands } from './commands.ts'
import { redactIssued } from './issued.ts'
import { KEY, redactNamed } from './named.ts'
import { redactOptions } from './options.ts'
import { redactPasswordFiles } from './password-files.ts'
import { LED, redactPhrases } from './phrases.ts'
import { redactPrivateKeys } from './private-keys.ts'
import { replaceFound } from './replace-found.ts'
import { isSecretName, REDACTED } from './secret-names.ts'
import { redactStatements } from './statements.ts'
import { redactUserInfo } from './url.ts'

const TAGGED = new RegExp(`<([a-z:_]{0,20}${KEY}[\\w:.-]{0,40}(?:\\s[^<>]{0,200})?)>(?:<!\\[CDATA\\[[^\\]]*(?:\\]\\]>)?|[^<]+)`, 'gi')
/** Headers and fields as pairs: `{"name":"Authorization","value":"…"}`, and in YAML `- name: DB_PASSWORD`, `value: …`. */
const PAIRED =
  /(["'](?:name|key|header)["']\s{0,4}:\s{0,4}["']([\w.-]{1,80})["']\s{0,4},\s{0,4}["']value["']\s{0,4}:\s{0,4})("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\bname: {1,2}["']?([\w.-]{1,80})["']?(?:\\r)?(?:\n|\\n) {0,40}value: {1,2})("[^"\n]*"?|'[^'\n]*'?|[^\n\\]+)/gi
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
const LISTED = /(\[\s{0,4}(["'])([\w.-]{1,80})\2\s{0,4},\s{0,4})("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?=\s{0,4}\])/g
/** `<property name="password">…</property>`. */
const XML_CONTENT = /(<\w{1,20}\s{1,4}(?:name|key|id)\s{0,2}=\s{0,2}["']([\w.:-]{1,80})["'][^<>]{0,100}>)[^<]{1,2000}/g
/** Names and values in turn, as Node's `rawHeaders`. */
const RAW_LIST = /raw_?(?:headers|trailers)["']?\s{0,4}[:=]\s{0,4}\[/gi
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[[\]]/g
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
/** Words of prose after "bearer" and the other schemes. */
const PROSE = /^(?:[a-z]{1,30}|sha-?\d{1,3}|md5|tokens?|authentication|authorization)$/i
const TRIGGER =
  /[:=<：＝]|@|%3[ad]|\[\s{0,4}["']|-\w|\d(?:[ -]?\d){12}|\d{4}(?:%2|[^\w]{1,3}|_)\d{4}|\$\w{1,16}\$|\}\S|\* "|machine\s|default\s{1,20}login|community|echo|printf|<<<|%\w|\(private-key|_(?:RANDOM|SECRET|SECRET_\d) |secret key|RSA [\da-f]{16} |[码碼令牌钥鑰]|\d\S{0,64} (?:is|as) (?:your|the|my|his|her|their|our) |[a-z]\d\d ?[\da-z]{4} ?[\da-z]{4}|bearer|basic|digest|negotiate|ntlm|apikey|AKIA|ASIA|eyJ|[a-z\d]{2}_\w{12}|[vsg][bs9g]\.|isql\s|radtest\s|(?:pass|pwd|[a-z]pw|kennwort|token|key|auth|cookie|session|secret|credential|code|otp|pin|cv[vc]|ssn|security|login|identified|string)[^\n]{0,64}[\d"'`!$%^&*+~#]|entry '|the [\w ]{1,40}value '|contains \(|value is \(|near ['"]|where\s|values\s{0,4}\(|parameter|\('|like\s{0,4}'|select\s|insert\s|update\s|delete\s|replace\s|merge\s|upsert\s|(?:alter|create)\s|--/i

/** The text without what looks like a secret; the same text when nothing does. A form is searched only in texts that contain its fixed part. */
export function redactText(text: string): string {
  if (!TRIGGER.test(text) && !LED.test(text)) return text
  let result = redactPasswordFiles(redactPrivateKeys(redactStatements(text)))
  if (text.includes('=')) result = redactParameters(result)
  result = redactRawLists(redactMarked(redactNamed(result)))
  result = result.replaceAll(SCHEMED, redactSchemed)
  result = redactBeside(result)
  result = redactPhrases(redactCommands(redactOptions(redactIssued(result, REDACTED))))
  if (result.includes('://')) result = redactUserInfo(result)
  return redactAccounts(redactCardNumbers(result, REDACTED), REDACTED)
}

/** Secrets marked by tags, pairs, options and messages. */
function redactMarked(text: string): string {
  let result = text
  if (text.includes('>')) result = result.replaceAll(TAGGED, `<$1>${REDACTED}`)
  if (/value/i.test(text)) result = redactPairs(result).replaceAll(XML_VALUE, `$1"${REDACTED}"`)
  if (text.includes('['))
    result = result.replaceAll(LISTED, (whole, before: string, _, name) => (isSecretName(name) ? `${before}"${REDACTED}"` : whole))
  if (text.includes('</'))
    result = result.replaceAll(XML_CONTENT, (whole, tag: string, name) => (isSecretName(name) ? `${tag}${REDACTED}` : whole))
  if (/name="/i.test(text)) result = result.replaceAll(FORM_PART, `$1${REDACTED}`)
  if (text.includes('Key (')) result = result.replaceAll(KEY_DETAIL, 'Key ($1)=(?)')
  if (text.includes('@')) result = result.replaceAll(GO_DSN, `$1:${REDACTED}@`).replaceAll(ORACLE_DSN, `$1${REDACTED}`)
  return result.replaceAll(QUOTED_VALUE, '$1$2$3$4$5?')
}

function redactPairs(text: string): string {
  return replaceFound(text, PAIRED, (found) => {
    const before = found[1] ?? found[4] ?? ''
    if (!isSecretName(found[2] ?? found[5] ?? '')) return undefined
    return { start: found.index + before.length, end: found.index + found[0].length, by: `"${REDACTED}"` }
  })
}

/** `rawHeaders: [ 'X-Api-Key', '…', 'Accept', '…' ]` as `util.inspect` and JSON write it. */
function redactRawLists(text: string): string {
  return replaceFound(text, RAW_LIST, (list) => {
    const start = list.index + list[0].length
    const end = endOfBrackets(text, start - 1)
    return { start, end, by: redactInTurn(text.slice(start, end)) }
  })
}

/** Names and values in turn, up to the first bracket. */
function redactInTurn(list: string): string {
  let name: string | undefined
  let isOver = false
  return replaceFound(list, QUOTED, (item) => {
    isOver ||= '[]'.includes(item[0])
    if (isOver) return undefined
    const before = name
    name = before === undefined ? item[0].slice(1, -1) : undefined
    if (before === undefined || !isSecretName(before)) return undefined
    const quote = item[0][0] as string
    return { start: item.index, end: item.index + item[0].length, by: `${quote}${REDACTED}${quote}` }
  })
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
  return replaceFound(text, PARAMETRISED, ({ index, 0: scheme }) => {
    const start = index + scheme.length
    let end = start
    PARAMETER.lastIndex = start
    while (PARAMETER.test(text)) end = PARAMETER.lastIndex
    return { start, end, by: REDACTED }
  })
}
