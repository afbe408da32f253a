/**
 * Secrets in sentences and in commands of protocols: `password is …`, `token "…"`, `AUTH PLAIN …`. Most sentences are about secrets and contain
 * none, so a value counts in quotes, or with digits or signs as passwords have them: "password reset" and "token expired" stay.
 */
import { looksSecret } from './looks-secret.ts'
import { REDACTED } from './secret-names.ts'

const SPOKEN =
  /(?<![\w.-])(?:(pass(?:word|wort|wd|phrase|code)|pwd|kennwort|identified\s{1,4}by)|(secret|credentials?|cookie|session)|(?:pass|token|(?:api|access|secret|private|signing|encryption|app)[ _-]?key|x-api-key|_authToken|session[ _-]?id|connection[ _-]string|bearer))(?=[\s:,(])/gi
/** Between a name and its value: a verb, an arrow, a bracket. */
const LINK = /(\s{1,4}(?:is|was|are|were|equals|lautet|ist))?\s{0,4}(?::|=>|->|→|\||,|-)?\s{0,4}[([]?/y
/** As before, of a password. */
const PASSWORD_LINK =
  /(\s{1,4}(?:is|was|are|were|equals|lautet|ist|to|from|set\s{1,4}to|changed\s{1,4}(?:to|from)))?\s{0,4}(?::|=>|->|→|\||,|-)?\s{0,4}[([]?/y
const WORD = /[^\s"'`,;()<>{}[\]|]+/y
const QUOTED = /(\\{0,4}["'`])((?:(?!\1)[^\n\r]){1,200})\1/y
/** A parser that complains quotes its source. */
const OF_A_PARSER = /(?:unexpected|illegal|expected)\s{1,4}$/i
/** Codes of a few digits: of a card, of a telephone, of a message. */
const CODE =
  /(?<![\w.-])((?:(?:verification|security|one[- ]time|2fa|mfa|login|sms|recovery|backup|authentication|authorization) (?:pass)?(?:code|word)|otp|totp|pin(?: code)?|cv[vc]2?|your code)(?: (?:is|was))?[:,]? {0,2})(?:\d{4,8}|\d{3}(?<=cv[vc]2?.{1,6}))(?![\w-]|\.\d)/gi
const SOCIAL_SECURITY = /(\b(?:ssn|social security(?: number)?)(?: is| was)?[:=#]? {0,2})\d{3}[- ]\d\d[- ]\d{4}\b/gi
/** SMTP, IMAP, Redis. */
const COMMAND =
  /(\bAUTH (?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5|NTLM|default) |\b(?:requirepass|masterauth) |\bAUTH (?=[^\s\d]{0,80}\d)|\bLOGIN [\w.@"-]{1,80} (?=[^\s\d]{0,80}\d))[^\s"]{6,}/g
/** A user and a password. */
const PAIR = /(\b(?:credentials?|login(?: with| as)?|user(?:name)?) [\w.@-]{1,64} ?[:/] ?)(?=[^\s\d]{0,80}\d)[^\s"'`,;/]{6,}/gi
/** A name, and not far from it what a value has. Most texts have none. */
const TRIGGER =
  /(?:pass|pwd|kennwort|token|key|auth|cookie|session|secret|credential|code|otp|pin|cv[vc]|ssn|security|login|user|identified|bearer|string)[^\n]{0,24}[\d"'`!$%^&*+~#]/i

const MIN_LENGTH = 6
const MIN_ID_LENGTH = 16

/** The text without them. Most texts have none of the words. */
export function redactPhrases(text: string): string {
  if (!TRIGGER.test(text)) return text
  return redactSpoken(text)
    .replaceAll(CODE, `$1${REDACTED}`)
    .replaceAll(SOCIAL_SECURITY, `$1${REDACTED}`)
    .replaceAll(COMMAND, `$1${REDACTED}`)
    .replaceAll(PAIR, `$1${REDACTED}`)
}

function redactSpoken(text: string): string {
  let result = ''
  let from = 0
  SPOKEN.lastIndex = 0
  for (let found = SPOKEN.exec(text); found; found = SPOKEN.exec(text)) {
    const value = spokenValue(text, found)
    if (value === undefined) continue
    result += text.slice(from, value.start) + REDACTED
    from = SPOKEN.lastIndex = value.end
  }
  return from === 0 ? text : result + text.slice(from)
}

interface Place {
  readonly start: number
  readonly end: number
}

/** The value after a name that is `found`; undefined if none follows that looks like one. */
function spokenValue(text: string, found: RegExpExecArray): Place | undefined {
  const isPassword = found[1] !== undefined
  const isCommonWord = found[2] !== undefined
  const link = isPassword ? PASSWORD_LINK : LINK
  link.lastIndex = found.index + found[0].length
  const verb = link.exec(text)?.[1]
  const at = link.lastIndex
  QUOTED.lastIndex = at
  const quoted = QUOTED.exec(text)
  if (quoted) {
    const [whole, quote, value] = quoted as unknown as readonly [string, string, string]
    if (value === REDACTED || OF_A_PARSER.test(text.slice(Math.max(0, found.index - 20), found.index))) return undefined
    const start = at + quote.length
    return isPassword || looksSecret(value, MIN_LENGTH) ? { start, end: at + whole.length - quote.length } : undefined
  }
  WORD.lastIndex = at
  const word = WORD.exec(text)?.[0].replace(/[.:?]+$/, '') ?? ''
  const isDigits = isPassword && /^\d{6,}$/.test(word)
  const isSecret = isDigits || looksSecret(word, isCommonWord && verb === undefined ? MIN_ID_LENGTH : MIN_LENGTH)
  return isSecret ? { start: at, end: at + word.length } : undefined
}
