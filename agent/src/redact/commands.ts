/** Passwords of command lines within a text: `curl -u user:…`, `--user name:…`, `mysql -p…`. What is a command line as a whole is read by its options. */
import { REDACTED } from './secret-names.ts'

/** A user and a password; of `docker run --user 1000:1000` it is a group. */
const USER = /((?<=[\s"'`(]|^)--(?:proxy-)?user[= ]\s{0,4}["']?[^\s:"']{1,100}:)(?!\d{1,6}(?![^\s"']))([^\s"']+)/gm
const CURL = /(\b(?:curl|wget|https?ie)\b[^\n|;]{0,300}?\s-[a-zA-Z]{0,4}[uU]\s{0,4}["']?[^\s:"']{1,100}:)[^\s"']+/g
const COOKIE = /((?<=\s)(?:-b|--cookie)[ =]\s{0,4})("[^"]*"?|'[^']*'?|[^\s"']+)(?=[^\n]{0,300}$)/gm
/** Programs whose short option takes a password. That of MySQL follows without a space. */
const PASSWORD =
  /(\b(?:sshpass|7za?|unzip|zip|(?:docker|podman|az|helm|oc|vault)\s(?:registry\s)?login|mongo(?:sh|dump|restore|export|import)?|redis-cli|valkey-cli|ldap(?:search|modify|add|delete|passwd|whoami)|openssl\s\w{1,20}|mosquitto_(?:pub|sub))\b[^\n|;]{0,300}?\s-(?:p|P|a|w|k)\s{0,4}|\b(?:mysql\w{0,10}|mariadb[\w-]{0,10})\s[^\n|;]{0,300}?(?<=\s)-p)(?!\d{1,5}(?![^\s"']))("[^"]*"?|'[^']*'?|[^\s"'-][^\s"']*)/g
const LONG =
  /((?<=^|[ \t\n])-{1,2}(?:storepass|keypass|srcstorepass|deststorepass|passin|passout|pin|private-key|client-key|pass|pwd)[= ]\s{0,3})(?![-[]|(?:to|is|and|or|for|was|not|must|option|flag|argument)\b)("[^"]*"?|'[^']*'?|[^\s"']+)/gi
const ORACLE = /(\bsqlplus\s[^\n]{0,100}?\w{1,64}\/|(?<![\w/])[A-Za-z]\w{0,64}\/(?=[^\s@/]{1,200}@\/\/))[^\s@/]{1,200}(?=@)/g
const HOST = /(?<![\w./:@-])([A-Za-z][\w.-]{0,64}):[^\s:@/'"]{1,200}@(?=\(|[\w.-]{1,253}:\d{2,5}\/)/g

/** A dash after white space or a quote. */
const OPTIONS = /(?:^|[\s"'`(])-/

export function redactCommands(text: string): string {
  let result = text
  if (text.includes('@')) result = result.replaceAll(ORACLE, `$1${REDACTED}`).replaceAll(HOST, `$1:${REDACTED}@`)
  if (!OPTIONS.test(text)) return result
  if (/curl|wget|http/.test(text)) result = result.replaceAll(CURL, `$1${REDACTED}`).replaceAll(COOKIE, `$1${REDACTED}`)
  return result.replaceAll(USER, `$1${REDACTED}`).replaceAll(PASSWORD, `$1${REDACTED}`).replaceAll(LONG, `$1${REDACTED}`)
}
