/** Lines of files that hold credentials, and passwords as systems store them: `.pgpass`, `.netrc`, htpasswd, shadow, `chap-secrets`. */
import { REDACTED } from './secret-names.ts'
import { replaceFound } from './replace-found.ts'

/** Stored passwords: crypt(3) and its kin (`$2y$…`, `$argon2id$…`), LDAP (`{SSHA}…`), Django, SCRAM. They are guessed at leisure. */
const CRYPT =
  /\$(?:[1256y]|7|2[abxy]?|apr1|gy|sm3|md5|sha\d?|sha256|sha512|pbkdf2(?:-sha\d{1,3})?|scrypt|bcrypt(?:-sha256)?|P|H|S|yescrypt)\$[^\s"'`:,;<>()]{8,}|\$argon2(?:id|i|d)\$[\w=,+/$.-]{8,}/g
const SCHEMED =
  /\{(?:CRYPT|S?MD5|S?SHA(?:\d{3})?|PBKDF2(?:[-_]SHA\d{1,3})?|ARGON2|CLEARTEXT|PLAIN|bcrypt|noop|scrypt|pbkdf2)\}[^\s"'`:,;<>()]{4,}/g
const NAMED =
  /\b(?:pbkdf2_sha(?:1|256|512)|bcrypt_sha256|argon2|scrypt|sha1|md5)\$[^\s"'`:,;<>]{12,}|\bSCRAM-SHA-(?:1|256|512)\$\d{1,9}:[^\s"'`,;<>]{12,}/g
/** Of a name: htpasswd's short crypt form, unless it is a URL of its length, htdigest, pwdump and smbpasswd. They fill a line. */
const HASH_LINE =
  /^([\w.@$-]{1,64}:)(?:(?!\/\/)(?=[./\dA-Za-z]{0,12}[./\d])(?=[./\dA-Za-z]{0,12}[A-Z])(?=[./\dA-Za-z]{0,12}[a-z])[./\dA-Za-z]{13}|(?=[^:\n]{0,63}[A-Z ])[^:\n]{1,64}:[\da-f]{32}|\d{1,10}:[\dA-Fa-f*X]{32}:[\dA-Fa-f]{32}(?:[:[][^\n]{0,200})?)$/gm
/** `host:port:database:user:password`, of which any but the last may be `*`. */
const PGPASS =
  /(?<![\w./:@\\[-])((?:[A-Za-z\d-]{1,63}(?:\.[A-Za-z\d-]{1,63}){1,8}|localhost|\*|\/[\w./-]{1,100}|\[[\da-f:]{2,45}\]):(?:\d{4,5}|\*):(?:[\w.-]{1,64}|\*):(?:[\w.@-]{1,64}|\*):)(?:[^\s:\\"'`]|\\.){1,200}(?=$|[\s"'`])/gm
/** The same with a short name of a host, when it fills the line. */
const PGPASS_LINE =
  /^([A-Za-z][\w-]{0,62}:(?:\d{4,5}|\*):(?:[A-Za-z_][\w.-]{0,63}|\*):(?:[A-Za-z_][\w.@-]{0,63}|\*):)(?:[^\s:\\]|\\.){1,200}$/gm
const NETRC =
  /(\b(?:machine\s{1,4}\S{1,253}|default)\s{1,20}(?:login\s{1,4}\S{1,128}\s{1,20})?(?:account\s{1,4}\S{1,128}\s{1,20})?password\s{1,4})("[^"\n]{1,200}"|\S{1,200})/g
/** Secrets of PPP and IPsec: names, then a secret, in one line. */
const IPSEC = /((?:^|[\s:])(?:PSK|EAP|XAUTH|NTLM|PPK)\s{1,4})("[^"\n]{1,300}"|0[xs][\w+/=]{6,300})/gm
const CHAP =
  /^("?[\w.@*\\-]{1,64}"?[ \t]{1,8}(?:\*|"?[\w.-]{1,64}"?)[ \t]{1,8})"[^"\n]{1,200}"(?=[ \t]{1,8}(?:\*|\d{1,3}(?:\.\d{1,3}){3})[ \t]*$)/gm
/** Two hashes of Windows, the older of which is usually that of no password. */
const NT_HASHES = /((?:hash(?:es)?[ =:]{1,2}|%)[\da-f]{0,32}:|aad3b435b51404eeaad3b435b51404ee:)[\da-f]{32}\b/gi

const HAS_LINE = /^[\w.@$-]{1,64}:[^:\n]{1,64}(?:$|:[\da-fA-FX*]{32})/m
const HAS_PLACES = /:(?:\d{4,5}|\*):/
const HAS_SECRET = /password\s|(?:PSK|EAP|XAUTH|NTLM|PPK)\s|hash|%[\da-f]{0,32}:|aad3b435|" {1,8}[*\d]/

/** The text without them. A form is searched only in texts that contain its fixed part. */
export function redactPasswordFiles(text: string): string {
  let safe = text
  if (text.includes('$')) safe = safe.replaceAll(CRYPT, REDACTED).replaceAll(NAMED, REDACTED)
  if (text.includes('}')) safe = safe.replaceAll(SCHEMED, REDACTED)
  if (!text.includes(':') && !HAS_SECRET.test(text)) return safe
  if (HAS_LINE.test(safe)) safe = safe.replaceAll(HASH_LINE, `$1${REDACTED}`)
  if (HAS_PLACES.test(safe)) safe = replaceFound(safe, PGPASS, withoutPassword).replaceAll(PGPASS_LINE, `$1${REDACTED}`)
  return HAS_SECRET.test(safe) ? redactFields(safe) : safe
}

function redactFields(text: string): string {
  return [NT_HASHES, NETRC, IPSEC, CHAP].reduce((result, form) => result.replaceAll(form, `$1${REDACTED}`), text)
}

/** Groups of hexadecimal digits are an address. */
const ADDRESS = /^[\da-f*:]+$/i

function withoutPassword(found: RegExpExecArray): { start: number; end: number; by: string } | undefined {
  if (ADDRESS.test(found[0]) && !found[0].includes('*')) return undefined
  return { start: found.index, end: found.index + found[0].length, by: `${found[1]}${REDACTED}` }
}
