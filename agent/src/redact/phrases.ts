/**
 * Secrets in sentences and in commands of protocols: `password is …`, `token "…"`, `AUTH PLAIN …`. Most sentences are about secrets and contain
 * none, so a value counts in quotes, or with digits or signs as passwords have them: "password reset" and "token expired" stay.
 */
import { looksSecret } from './looks-secret.ts'
import { replaceFound } from './replace-found.ts'
import { REDACTED } from './secret-names.ts'

const SPOKEN =
  /(?<![\w.-])(?:(pass(?:word|wort|wd|phrase|code)|pwd|(?:bind|root|admin)pw|kennwort|identified\s{1,4}by)|(secret|credentials?|cookie|session(?![ _-]?id))|(?:pass|token|(?:api|access|secret|private|signing|encryption|app|serial|licen[cs]e)[ _-]?key|x-api-key|_authToken|session[ _-]?id|connection[ _-]string|bearer))(?=[\s:,(])/gi
/** Between a name and its value: a verb, an arrow, a bracket. A line of dots before a colon is as good as an arrow. */
const LINK = /(\s{1,4}(?:is|was|are|were|equals|lautet|ist))?\s{0,4}([-~=]{1,5}>|→|⇒|<[-~=]{1,5}|←)?(?::|\||,|-)?\s{0,4}[([]?/y
/** As before, of a password. */
const PASSWORD_LINK =
  /(\s{1,4}(?:for|of)\s{1,4}\S{1,64}\s{1,4}(?:is|was)|\s{1,4}(?:is|was|are|were|equals|lautet|ist|to|from|set\s{1,4}to|changed\s{1,4}(?:to|from)))?\s{0,4}([-~=]{1,5}>{1,3}|>>|→|⇒|▶|<[-~=]{1,5}|←|\.{2,40}\s?:)?(?::|\||,|-)?\s{0,4}[([]?/y
const WORD = /[^\s"'`,;()<>{}[\]|]+/y
/** What an arrow leads to from a password that is no value: a state, the next step. */
const NEXT =
  /^(?:ok|done|next|skip(?:ped)?|reset|login|log-?in|otp|mfa|totp|token|session|user|home|hash(?:ed)?|bcrypt|argon2\w*|scrypt|check(?:ed)?|verif\w+|valid\w*|invalid\w*|accepted|rejected|changed|updated|expired|required|optional|missing|empty|set|unset|none|null|undefined|true|false|yes|no|on|off|success\w*|fail\w*|error|string|text|varchar\w*|\?+|\*+|\.+|\[?redacted\]?)$/i
const FOREIGN_QUOTED = /[“„«‹‘「『]([^\n\r”“»›’」』]{1,200})[”“»›’」』]/y
const QUOTED = /(\\{0,4}["'`])((?:(?!\1)[^\n\r]){1,200})\1/y
/** A parser that complains quotes its source. */
const OF_A_PARSER = /(?:unexpected|illegal|expected)\s{1,4}$/i
/** Codes of a few digits or letters: of a card, of a telephone, of a message. */
const CODE =
  /(?<![\w.-])((?:(?:verification|security|one[- ]time|2fa|mfa|login|sms|recovery|backup|authentication|authorization|access|confirmation|pairing|activation) (?:pass)?(?:code|word)|otp|totp|pin(?: code)?|cv[vc]2?|your (?:code|otp|pin))(?: (?:is|was|=))?[:,]? {0,2})(?:\d{4,8}|\d{3}(?<=cv[vc]2?.{1,6})|\d{3}[- ]\d{3}|[A-Z]{1,2}-\d{4,8})(?![\w-]|\.\d)/gi
/** The same with letters: a code has digits as well, unless a verb says that it follows. That of Erlang/OTP is its version. */
const LETTER_CODE =
  /(?<![\w.-]|erlang[ /])((?:(?:verification|security|one[- ]time|2fa|mfa|sms|recovery|backup|confirmation|pairing|activation) (?:pass)?(?:code|word)|otp|totp|pin(?: code)?|your (?:code|otp|pin)|(?:use|enter) (?:the )?code)(?: (?:is|was)(?: set to)?)?[:,=]? {0,2})(?=[A-Za-z-]{0,15}\d)(?=[\d-]{0,15}[A-Za-z])[A-Za-z\d]{2,12}(?:-[A-Za-z\d]{2,8}){0,4}(?<=[A-Za-z\d-]{4})(?![\w-]|\.\d)/gi
/** The code before what it is. */
const REVERSED =
  /(?<![\w.-])(?=[\w!#$%^&*+~@-]{0,30}\d)[\w!#$%^&*+~@-]{4,64}(?= (?:is|as) (?:your|the|my|his|her|their|our) (?:[\w-]{1,20} ){0,3}(?:code|otp|pin|passcode|passwor[dt]|passphrase|token|secret|api key)\b)/gi
/** In Chinese a verb or nothing stands between the name and the value. */
const CHINESE =
  /((?:密[码碼]|口令|验证码|驗證碼|校验码|动态码|令牌|密[钥鑰]|私[钥鑰])(?:[是为為:：=＝]|设置为|改为|重置为|已改为|（|\(|\[|【|「|“|\s){0,3})(?=[\w!@#$%^&*+=~./-]{0,200}[\d!@#$%^&*+=~])([\w!@#$%^&*+=~./-]{4,200})/g
/** A number of an identity card, and the code before what it is. */
const CHINESE_NUMBER =
  /(?<=身份证(?:号码?)?[\s:：是为]{0,3})\d{17}[\dXx](?!\w)|(?<!\w)\d{4,8}(?=\s?[是为][您你]的(?:[登录注册]{2})?(?:验证码|校验码|动态码))/g
const SOCIAL_SECURITY = /(\b(?:ssn|social security(?: number)?)(?: is| was)?[:=#]? {0,2})\d{3}[- ]\d\d[- ]\d{4}\b/gi
/** SMTP, IMAP, Redis. */
const COMMAND =
  /(\bSETUSER [^\n]{1,200}?\s[<>]|\bAUTH (?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5|NTLM|default) |\b(?:requirepass|masterauth) |\bAUTH (?=[^\s\d]{0,80}\d)|\bLOGIN [\w.@"-]{1,80} "?(?=[^\s\d]{0,80}\d))[^\s"]{6,}/g
/** FTP and POP3. */
const LOGIN = /(\bUSER [^\s\\]{1,64}(?:\s|\\[rn]){1,4}PASS )[^\s"']{1,200}/g
/** What leads to a value that may look like any word. */
export const LED =
  /(?:pass|pwd|[a-z]pw|kennwort)[a-z]{0,8}\s{1,4}(?:[-~=]{1,5}>|>>|→|⇒|▶|<[-~=]|←|\.{2,40}\s?:|[“„«‹‘「『])|\bUSER [^\s\\]{1,64}(?:\s|\\[rn]){1,4}PASS /i
/** A user and a password. */
const PAIR = /(\b(?:credentials?|login(?: with| as)?|user(?:name)?) [\w.@-]{1,64} ?[:/] ?)(?=[^\s\d]{0,80}\d)[^\s"'`,;/]{6,}/gi
/** A name, and not far from it what a value has. Most texts have none. */
const TRIGGER =
  /(?:pass|pwd|[a-z]pw|kennwort|token|key|auth|cookie|session|secret|credential|code|otp|pin|cv[vc]|ssn|security|login|user|identified|bearer|string)[^\n]{0,64}[\d"'`!$%^&*+~#]/i

const HAS_CODE = /code|word|otp|pin|cv[vc]/i
const BEFORE = /\d[^\s]{0,64} (?:is|as) (?:your|the|my|his|her|their|our) /i

const MIN_LENGTH = 6
const MIN_ID_LENGTH = 16

const IS_CHINESE = /[码碼令牌钥鑰证]/

/** The text without them. Most texts have none of the words. */
export function redactPhrases(text: string): string {
  const open = IS_CHINESE.test(text) ? text.replaceAll(CHINESE, `$1${REDACTED}`).replaceAll(CHINESE_NUMBER, REDACTED) : text
  if (!TRIGGER.test(open) && !BEFORE.test(open) && !LED.test(open)) return open
  const spoken = redactSpoken(open)
  const coded = HAS_CODE.test(spoken) ? spoken.replaceAll(CODE, `$1${REDACTED}`).replaceAll(LETTER_CODE, `$1${REDACTED}`) : spoken
  const reversed = BEFORE.test(coded) ? coded.replaceAll(REVERSED, REDACTED) : coded
  return reversed
    .replaceAll(LOGIN, `$1${REDACTED}`)
    .replaceAll(SOCIAL_SECURITY, `$1${REDACTED}`)
    .replaceAll(COMMAND, `$1${REDACTED}`)
    .replaceAll(PAIR, `$1${REDACTED}`)
}

function redactSpoken(text: string): string {
  return replaceFound(text, SPOKEN, (found) => {
    const value = spokenValue(text, found)
    return value && { ...value, by: REDACTED }
  })
}

interface Place {
  readonly start: number
  readonly end: number
}

/** The value after a name that is `found`; undefined if none follows that looks like one. */
function spokenValue(text: string, found: RegExpExecArray): Place | undefined {
  const isPassword = found[1] !== undefined
  const link = isPassword ? PASSWORD_LINK : LINK
  link.lastIndex = found.index + found[0].length
  const [, verb, arrow] = link.exec(text) ?? []
  const at = link.lastIndex
  QUOTED.lastIndex = at
  const quoted = QUOTED.exec(text)
  if (quoted) return isOfParser(text, found) ? undefined : quotedValue(at, quoted, isPassword)
  FOREIGN_QUOTED.lastIndex = at
  const foreign = isPassword ? FOREIGN_QUOTED.exec(text) : null
  if (foreign) return foreign[1] === REDACTED ? undefined : { start: at + 1, end: at + foreign[0].length - 1 }
  const word = wordAt(text, at)
  const isLed = verb !== undefined || arrow !== undefined
  const minLength = found[2] !== undefined && !isLed ? MIN_ID_LENGTH : MIN_LENGTH
  const isSecret = looksSecret(word, minLength) || (isPassword && isPlainPassword(word, arrow))
  return isSecret ? { start: at, end: at + word.length } : undefined
}

const isOfParser = (text: string, { index }: RegExpExecArray): boolean => OF_A_PARSER.test(text.slice(Math.max(0, index - 20), index))

function quotedValue(at: number, quoted: RegExpExecArray, isPassword: boolean): Place | undefined {
  const [whole, quote, value] = quoted as unknown as readonly [string, string, string]
  if (value === REDACTED || !(isPassword || looksSecret(value, MIN_LENGTH))) return undefined
  return { start: at + quote.length, end: at + whole.length - quote.length }
}

function wordAt(text: string, at: number): string {
  WORD.lastIndex = at
  return WORD.exec(text)?.[0].replace(/[.:?]+$/, '') ?? ''
}

/** Many digits, or whatever an arrow leads to. */
const isPlainPassword = (word: string, arrow: string | undefined): boolean =>
  /^\d{6,}$/.test(word) || (arrow !== undefined && word !== '' && !NEXT.test(word))
