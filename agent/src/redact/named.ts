/** Names with values: `password=…`, `"token": "…"`, `X-Auth: …`, `Map(1) { 'pin' => '…' }`. */
import { endOfBrackets } from './brackets.ts'
import { looksSecret } from './looks-secret.ts'
import { endOfLine, replaceFound, type Replacement } from './replace-found.ts'
import { REDACTED, secrecyOf } from './secret-names.ts'

/** What names a secret wherever it stands, also as a part of a name. */
export const KEY =
  '(?:pass(?:word|wd|wort|phrase|code)|contrase[ñn]a|kennwort|mot de passe|heslo|senha|wachtwoord|l[öo]senord|has[łl]o|parola|[şs]ifre|m[ậa]t kh[ẩa]u|密码|密碼|口令|验证码|驗證碼|校验码|身份证号码?|银行卡号|密钥|密鑰|私钥|令牌|パスワード|暗証番号|秘密鍵|비밀번호|인증번호|пароль|(?<![a-z])(?:pass|dbpass|pgpass|upass|pwd|pw|upw|psw|sid|cvv|cvc|otp|pin|ssn|jwt|dsn|dpop|creds?|mnemonic|baggage)(?![a-z])|secret(?!ar(?:y|ies))|token(?!i[sz])|(?<![a-z])psk(?![a-z])|wpa_passphrase|(?:api(?:\\.(?=key))?|app|access|private|account|client|encryption|hmac|instrumentation|licen[cs]e|master|serial|auth|signing|session|shared|ssh|sentry|ssl|subscription|tls|unseal|webhook)[ _-]?key|passkey|(?<=[?&;])(?:sig|code|key|auth)|(?<=[?&;-])signature|authorization|cookie|credential|sess(?:ion)?[ _-]?id|sharedaccess|connection[ _-]?string|code_verifier|client_assertion|saml(?:request|response)|remember_me|seed[ _-]?phrase|(?:recovery|backup)[ _-]?codes?|security[ _-]answer|maiden[ _-]?name|date[ _-]of[ _-]birth|birth[ _-]?date|passport[ _-](?:no|number)|snmp[ _-]community|(?:request|response)[ _-]?(?:body|payload)|webhook[ _-]?url|signaturevalue|client-cert)'
/** Names of much else, so that their value must look like a secret. */
const COMMON = '(?<![a-z-])(?:_?auth|signature|session|nonce|salt|mac|hmac|_?csrf|_?xsrf|assertion|saml:assertion)'
/** A name, what may close it, and the separator before its value. All repetitions are bounded, so the search is linear. */
const NAMED = new RegExp(
  `(?:${KEY}[\\w.-]{0,40}|${COMMON})\\\\{0,8}(?:["'\`\\])]{0,2}|%5D|%2[27]|&quot;|&#3[49];)\\s{0,4}(?:[是为為]\\s?)?(?:={1,4}>|:=|::?|[=：＝]|%3[AD])(?:\\\\[nr]|\\s){0,4}(?:&quot;|&#3[49];|%2[27])?`,
  'gi',
)
/** Any name, judged as that of an attribute is. */
const ANY_NAME = /(?<![\w.-])([A-Za-z_][\w.-]{1,63})(?:\\{0,8}["'`\])]{0,2})\s{0,4}(?:=>|:=|[:=])\s{0,4}/g

/** The text without the values of secret names. */
export function redactNamed(text: string): string {
  const open = replaceFound(text, NAMED, (found) => namedValue(text, found))
  return replaceFound(open, ANY_NAME, (found) => (isNameOfSecret(open, found) ? namedValue(open, found) : undefined))
}

function namedValue(text: string, found: RegExpExecArray): Replacement | undefined {
  const start = found.index + found[0].length
  const isParameter = /[?&;]/.test(text[found.index - 1] ?? '')
  const end = isHeaderLine(text, found) ? endOfLineOr(text, start) : endOfValue(text, start, isParameter ? `?${found[0]}` : found[0])
  return end > start ? { start, end, by: stoodIn(text, start, found[0]) } : undefined
}

/** Words of other things as well, at the end of a name. */
const AMBIGUOUS =
  /(?:auth|assertion|csrf|xsrf|dsn|hmac|jwe|jws|keypair|nonce|ntlm|p12|pan|pass|pem|pepper|pfx|pin|salt|sas|sess|session|sig|signature|totp)$/i
/** `X-Auth`, `Proxy-Session`, which are written so as names of headers only. */
const HEADER_NAME = /^(?:x-[\w-]+|[A-Z][A-Za-z\d]*(?:-[A-Z][A-Za-z\d]*)+)$/
/** What is said of a secret. */
const STATE =
  /^["'`]?(?:on|off|yes|no|not|ok|is|was|has|must|cannot|should|too|enabled|disabled|fail(?:ed|ure)?|success(?:ful)?|valid|invalid|incorrect|wrong|mismatch(?:ed)?|missing|required|optional|none|null|nil|undefined|true|false|expired|denied|granted|started|stopped|ready|closed|opened|created|deleted|removed|changed|updated|loaded|sent|received|verified|accepted|rejected|refreshed|rotated|revoked|ignored|forbidden|empty|absent|present|unset|unknown|high|low|secrets? is)(?![\w-]|\.\w)/i

/** What kind of authentication there is. */
const SCHEME = /^(?:basic|digest|bearer|ntlm|negotiate)(?=[\s,;)]|$)/i

/** Whether a name is a secret in a text. A word that also means something else needs a value that looks like a secret, or the form of a header or a variable. */
function isNameOfSecret(text: string, found: RegExpExecArray): boolean {
  const name = found[1] as string
  if (secrecyOf(HEADER_NAME.test(name) ? `header.${name}` : name) !== 'secret') return false
  const start = found.index + found[0].length
  const head = text.slice(start, start + 100)
  if (head === '' || STATE.test(head) || SCHEME.test(head)) return false
  if (!AMBIGUOUS.test(name) || HEADER_NAME.test(name)) return true
  if (/^\d{1,6}(?![\w.-])/.test(head)) return false
  if (/[._-]|[a-z][A-Z]/.test(name) && /=$|["'`]/.test(found[0])) return true
  if (/_|[a-z][A-Z]/.test(name)) return true
  return looksSecret(/^["'`]?([^\s"'`,;<>)}\]]*)/.exec(head)?.[1] ?? '')
}

const LINE_START = /(?:^|[\n\r])(?:[<>*+|] ?)?$/

/** A header in a line of its own, whose value is the rest of it. */
function isHeaderLine(text: string, found: RegExpExecArray): boolean {
  const name = found[1]
  return (
    name !== undefined &&
    HEADER_NAME.test(name) &&
    /: ?$/.test(found[0]) &&
    LINE_START.test(text.slice(Math.max(0, found.index - 4), found.index))
  )
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
/** Of several words, or a list of codes. */
const SEVERAL = /(?:phrase|mnemonic|codes)\W{1,3}\s?$/i
/** A text of YAML in lines of its own. */
const BLOCK = /^[|>][+-]?\d?[ \t]{0,4}\r?\n(?=[ \t])/
const IS_COMMON = new RegExp(`^${COMMON}(?![\\w.-])`, 'i')
/** Said behind any separator. */
const STATE_ONLY = /^(?:yes|no|required|missing)(?=[\s,;)\]}]|$)/i
/** `PASS: TestLogin`, as programs that run tests write it. */
const RESULT = /^PASS: /
const UNQUOTED_END = /[\s,;&"'`<>)\]}]/

/** A word that only contains the name: of an error, of a working directory, of a status of mail, of tests; and code. */
const OTHER = /(?:exception|error|warning|fault)["'`]?\s{0,4}[:=]\s{0,4}$/i
const isOtherValue = (head: string, name: string): boolean =>
  (/^(?:OLD)?PWD=$/.test(name) && head.startsWith('/')) ||
  (/^dsn=$/.test(name) && /^\d\.\d{1,3}\.\d{1,3}(?![\w.])/.test(head)) ||
  (/^pass: $/.test(name) && /^\d{1,5}(?![\w.-])/.test(head)) ||
  (name.endsWith(' = ') && /^(?:await )?[a-z_$][\w.$]{0,60}\([^\s()]{0,60}[)[(]/i.test(head))

/** Whether the value at the beginning of `head` is a count, is replaced already, or is not what a common name means by a secret. */
function isOpen(head: string, quoteLength: number, name: string): boolean {
  const count = COUNT.exec(head)
  if (count && (/token/i.test(name) || !/^\d/.test(count[0]))) return true
  if (head.startsWith(REDACTED, quoteLength)) return true
  if (quoteLength === 0 && (RESULT.test(name) || OTHER.test(name) || isOtherValue(head, name))) return true
  if (quoteLength === 0 && (name.endsWith(': ') ? STATE.test(head) : STATE_ONLY.test(head))) return true
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
  if (HEADER.test(name) || SEVERAL.test(name)) return endOfLineOr(text, start, '"')
  const block = BLOCK.exec(text.slice(start, start + 60))?.[0]
  if (block !== undefined) return endOfBlock(text, start + block.length)
  return endOfUnquoted(text, start)
}

/** Index behind the lines that are indented. */
function endOfBlock(text: string, from: number): number {
  let at = from
  while (at < text.length && /[ \t]/.test(text[at] as string)) at = endOfLine(text, at) + 1
  return Math.min(text.length, at - 1)
}

/** Credentials may begin with a scheme: `Bearer …`. */
function endOfUnquoted(text: string, start: number): number {
  const scheme = /^(?:bearer|basic|digest|negotiate)\s+/i.exec(text.slice(start, start + 20))?.[0] ?? ''
  let end = start + scheme.length
  while (end < text.length && !UNQUOTED_END.test(text[end] as string)) end++
  return end
}

function endOfLineOr(text: string, start: number, stop?: string): number {
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
