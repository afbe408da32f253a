/**
 * Options of command lines whose name says secret, in every spelling: `--key x`, `-key=x`, `--apiKey "x"`, `/password:x`, and as a list of
 * arguments, `["--key","x"]`. Which options of a program carry a secret although their name does not say so is in `commands.ts`.
 */
import { replaceFound, type Replacement } from './replace-found.ts'
import { isSecretName, REDACTED } from './secret-names.ts'

/** Names that are secrets of options, and of much else elsewhere. */
const SECRET =
  /(?:^|[-_])(?:key|psk|auth|bearer|pass|passin|passout|pw|pin|creds?|otp|totp|storepass|keypass|userpass|preshared)$|[a-z](?:Key|Psk|Auth|Pass|Pin)$/
/** Keys that are names: of rows, shortcuts, caches. */
const OPEN_KEY = /(?:^|[-_])(?:primary|foreign|sort|partition|row|cache|public|pub|group|order|hot|host|trusted|index|map)[-_]?key$/i
/** Where the secret is, or how it is got; not the secret. */
const ABOUT =
  /(?:file|path|dir|folder|name|env|stdin|url|uri|host|port|type|method|prompt|size|length|mode|policy|provider|helper|alg|algorithm|ttl|expiry|timeout|count|manager|required|enabled|cache|ring|format|usage|only|from[-_]\w+|fd)$/i

/** Whether an option's value is a secret; with or without its dashes. */
export function isSecretOption(option: string): boolean {
  const name = option.replace(/^[-/]{1,2}/, '')
  if (ABOUT.test(name) || OPEN_KEY.test(name)) return false
  return SECRET.test(name) || isSecretName(name)
}

const OPTION =
  /(?<=^|[\s"'`([,=|])(?:(--?[A-Za-z][\w-]{0,60}|\/[A-Za-z][\w-]{0,60}(?=:))(?:[=:]\s{0,2}|\s{1,4})(?!-)|--?([A-Za-z][\w-]{0,60})\\{0,8}["'](?:\s{0,4},\s{0,4}|\s{1,4})(?=\\{0,8}["']))/g
const WORD = /"(?:[^"\\]|\\.){0,500}"?|'[^']{0,500}'?|[^\s"',;)\]}]+/y
/** In a list of arguments; the quote that closes it stays. */
const ITEM = /(\\{0,8}["'])(?:(?!\1)[^\n]){1,500}/y
/** After white space a sentence goes on. */
const PROSE =
  /^(?:to|is|and|or|for|was|not|must|options?|flags?|arguments?|parameters?|in|as|with|requires?|needs?|on|the|from|if|when|expects?|missing|cannot|has|instead|may|can|should|will|given|values?|set|unset|required|ignored|deprecated|removed|together|but|are|at|by|of|a|an|file|takes|used|being|it)$/i
/** What a key may be besides: a number of a column, a file. */
const NO_KEY = /^(?:\d{1,5}(?:,\d{1,3}\w?)?|[.~]{0,2}\/\S{1,300}|[\w./\\:-]{1,300}\.(?:pem|key|crt|cer|der|p8|json|ya?ml|txt|pub|asc|gpg))$/

/** A text that may hold an option. */
const TRIGGER = /(?:^|[\s"'`([,=|])(?:-|\/[A-Za-z][\w-]{0,60}:)/

/** The text without the values of secret options. */
export function redactOptions(text: string): string {
  if (!TRIGGER.test(text)) return text
  return replaceFound(text, OPTION, (found) => valueOf(text, found))
}

function valueOf(text: string, found: RegExpExecArray): Replacement | undefined {
  const name = found[1] ?? found[2] ?? ''
  if (!isSecretOption(name) || (name.startsWith('/') && !OF_WINDOWS.test(name))) return undefined
  const start = found.index + found[0].length
  const form = found[1] === undefined ? ITEM : WORD
  form.lastIndex = start
  const [whole, quote = ''] = form.exec(text) ?? ['']
  if (whole === '' || text.startsWith(REDACTED, start + quote.length) || (/\s$/.test(found[0]) && isProse(whole))) return undefined
  return isNoSecret(whole, name) ? undefined : { start, end: start + whole.length, by: `${quote}${REDACTED}` }
}

/** A path may look like an option with a slash. */
const OF_WINDOWS = /pass|pwd|pw$|secret|token|api-?key/i

const isProse = (word: string): boolean => PROSE.test(word) || word === '|' || word.startsWith('[')

function isNoSecret(value: string, name: string): boolean {
  const word = value.replaceAll(/^\\*["']|["']$/g, '')
  return word === '' || (/key$/i.test(name) && NO_KEY.test(word))
}
