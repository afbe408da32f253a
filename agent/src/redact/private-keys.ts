/** Blocks of key material in the formats of their tools. What is public in them stays, as certificates and public keys do. */
import { endOfBrackets } from './brackets.ts'
import { replaceFound } from './replace-found.ts'
import { REDACTED } from './secret-names.ts'

/** Between the words of a line of armour, also as URLs escape it. */
const GAP = '(?:[ +_]|%20)'
/** PEM, OpenPGP, OpenSSH, SSH2, OpenVPN: from `-----BEGIN … KEY` to its end, or to the end of the text if the key was cut. */
const ARMOUR = new RegExp(`-----?${GAP}?BEGIN${GAP}(?![^\\n-]{0,40}PUBLIC)[\\w +%-]{0,50}KEY`, 'gi')
const ARMOUR_END = new RegExp(`-----?${GAP}?END${GAP}[\\w +%-]{0,60}KEY[\\w +%]{0,20}-{4,5}`, 'gi')
/** PuTTY writes the private part as lines of base64, of which it says the number. */
const PUTTY =
  /(Private-Lines: {0,4}\d{1,4}(?:\\r)?(?:\\n|\s){1,4})((?:[\w+/=]{1,128}(?:(?:\\r)?\\n|\s){0,4}){1,400}?)(?=Private-(?:MAC|Hash)|$)/g
/** BIND writes one part of the key in each line of a file that begins so. */
const DNSSEC_FORMAT = 'Private-key-format'
const DNSSEC =
  /\b((?:Private)?(?:Exponent|Key)\d?|Prime[12]|Exponent[12]|Coefficient|Prime\(p\)|Private_value\(x\))(: )([\w+/]{8,}={0,2})(?=\s|\\n|$)/g
/** signify and minisign announce the key, which is the next line. */
const SIGNIFY = /((?:secret|private) key(?:\\r)?(?:\\n|\s){1,4})([\w+/]{40,}={0,2})/gi
/** The private members of a JSON Web Key (RFC 7518 §6). */
const JWK = /\\{0,8}["']?kty\\{0,8}["']?\s{0,4}:/
const JWK_MEMBER = /((?<![\w-])(\\{0,8}["']?)(?:d|p|q|dp|dq|qi|k)\2\s{0,4}:\s{0,4}(\\{0,8}["']))[\w+/=-]{16,}(?=\3)/g
/** The private members of .NET's RSA keys. */
const RSA_XML = /<(D|P|Q|DP|DQ|InverseQ)>[\w+/=\s]{8,}<\/\1>/g
/** S-expressions of GnuPG and libgcrypt. */
const S_EXPRESSION = /\((?:protected-)?private-key\b/g
/** Lines of a key log of TLS (NSS): a label, the random number of the client, the secret. */
const KEY_LOG =
  /\b((?:CLIENT_RANDOM|RSA|(?:CLIENT|SERVER)_(?:EARLY|HANDSHAKE)_TRAFFIC_SECRET|CLIENT_EARLY_TRAFFIC_SECRET|(?:CLIENT|SERVER)_TRAFFIC_SECRET_\d{1,4}|(?:EARLY_)?EXPORTER_SECRET|ECH_SECRET) [\da-f]{16,128} )[\da-f]{16,}/gi

/** Whether a text may hold one; a look for the fixed part of each format. */
const TRIGGER = /BEGIN|Private|Prime|private-key|(?:secret|private) key|kty|<D>|<P>|_RANDOM |_SECRET|RSA [\da-f]{16}/i

/** The text without private keys and secrets of sessions. */
export function redactPrivateKeys(text: string): string {
  if (!TRIGGER.test(text)) return text
  const open = replaceFound(text, ARMOUR, ({ index }) => ({ start: index, end: endOfArmour(text, index), by: REDACTED }))
  const safe = replaceFound(open, S_EXPRESSION, ({ index }) => ({ start: index, end: endOfBrackets(open, index), by: REDACTED }))
    .replaceAll(PUTTY, `$1${REDACTED}\n`)
    .replaceAll(SIGNIFY, `$1${REDACTED}`)
    .replaceAll(RSA_XML, `<$1>${REDACTED}</$1>`)
    .replaceAll(KEY_LOG, `$1${REDACTED}`)
  const signed = safe.includes(DNSSEC_FORMAT) ? safe.replaceAll(DNSSEC, `$1$2${REDACTED}`) : safe
  return JWK.test(signed) ? signed.replaceAll(JWK_MEMBER, `$1${REDACTED}`) : signed
}

function endOfArmour(text: string, start: number): number {
  ARMOUR_END.lastIndex = start
  return ARMOUR_END.exec(text) ? ARMOUR_END.lastIndex : text.length
}
