/** Passwords of command lines within a text: `curl -u user:…`, `--user name:…`, `mysql -p…`. What is a command line as a whole is read by its options. */
import { REDACTED } from './secret-names.ts'

/** A user and a password; of `docker run --user 1000:1000` it is a group. */
const USER = /((?<=[\s"'`(]|^)--(?:proxy-)?user[= ]\s{0,4}["']?[^\s:"']{1,100}:)(?!\d{1,6}(?![^\s"']))([^\s"']+)/gm
const CURL = /(\b(?:curl|wget|https?(?:ie)?(?=\s))\b[^\n|;]{0,300}?\s-[a-zA-Z]{0,4}[uUa]\s{0,4}["']?[^\s:"']{1,100}:)[^\s"']+/g
const COOKIE = /((?<=\s)(?:-b|--cookie)[ =]\s{0,4})("[^"]*"?|'[^']*'?|[^\s"']+)(?=[^\n]{0,300}$)/gm
/** Programs whose short option takes a password. That of MySQL follows without a space. */
const PASSWORD =
  /(\b(?:sshpass|7za?|unzip|zip|(?:docker|podman|az|helm|oc|vault)\s(?:registry\s)?login|mongo(?:sh|dump|restore|export|import)?|redis-cli|valkey-cli|ldap(?:search|modify|add|delete|passwd|whoami)|openssl\s\w{1,20}|mosquitto_(?:pub|sub)|psexec|sqlcmd|bcp|ipmitool|user(?:add|mod))\b[^\n|;]{0,300}?\s-(?:[pPw]\s{0,4}|[ak]\s{1,4})|\b(?:mysql\w{0,10}|mariadb[\w-]{0,10})\s[^\n|;]{0,300}?(?<=\s)-p)(?!\d{1,5}(?![^\s"']))("[^"]*"?|'[^']*'?|[^\s"'-][^\s"']*)/g
const LONG =
  /((?<=^|[ \t\n])-{1,2}(?:storepass|keypass|srcstorepass|deststorepass|passin|passout|pin|private-key|client-key|pass|pwd)[= ]\s{0,3})(?![-[]|(?:to|is|and|or|for|was|not|must|option|flag|argument)\b)("[^"]*"?|'[^']*'?|[^\s"']+)/gi
const ORACLE = /(\bsqlplus\s[^\n]{0,100}?\w{1,64}\/|(?<![\w/])[A-Za-z]\w{0,64}\/(?=[^\s@/]{1,200}@\/\/))[^\s@/]{1,200}(?=@)/g
const HOST = /(?<![\w./:@-])(?!mailto:|sips?:|acct:|xmpp:)([A-Za-z][\w.-]{0,64}):[^\s:@/'"]{1,200}@(?=\(|[\w.-]{1,253}:\d{2,5}(?![\w.-]))/g

/** Keys and communities of Net-SNMP. */
const SNMP = /(?<=\bsnmp(?:get|getnext|walk|bulkwalk|bulkget|set|table|trap|inform|status|df)\b[^\n|;]{0,300}\s-[AXc]\s{1,4})[^\s-]\S*/g
/** `smbclient -U bob%…`. */
const PERCENT = /(\s(?:-U|--user(?:name)?)[ =]["']?[\w.\\/@-]{1,64}%)[^\s"']+/g
/** What programs read that ask for a password. */
const PIPED =
  /(\b(?:echo|printf)\s{1,4}(?:-n\s{1,4})?["']?(?:[\w.@-]{1,64}:)?)(?!\$)[^\s"'|]{1,200}(?=["']?\s{0,4}\|\s{0,4}(?:sudo\s{1,4}-S|chpasswd|passwd|docker\s|podman\s|openssl\s|cryptsetup\s|kinit))/g
const HERE = /(\b(?:chpasswd|passwd|kinit|sudo -S)[^\n]{0,100}<<<\s{0,4}["']?(?:[\w.@-]{1,64}:)?)[^\s"']{1,200}/g
const GIVEN =
  /(\bhtpasswd\s{1,4}-[a-zA-Z]{0,4}b[a-zA-Z]{0,4}\s{1,4}\S{1,200}\s{1,4}\S{1,64}\s{1,4}|\bnet\s{1,4}use\s[^\n]{1,200}?\/user:\S{1,100}\s{1,4}|\bnet\s{1,4}use\s{1,4}\\\S{1,200}\s{1,4}(?=\S{1,100}\s{1,4}\/user:)|\bradtest\s{1,4}\S{1,64}\s{1,4}|\bvault\s{1,4}login\s{1,4}|\baws\s{1,4}configure\s{1,4}set\s{1,4}\S{0,40}(?:secret|token)\S{0,40}\s{1,4}|\bisql\s{1,4}\S{1,64}\s{1,4}\S{1,64}\s{1,4})[^\s/-]\S{3,}(?=\s|$)/gm
const WIFI = /(\bWIFI:[^\n]{0,150}?P:)(?:[^;\\]|\\.)+/g
/** Configuration of routers and switches: a type, then the secret. */
const DEVICE =
  /(\b(?:password|secret|key|key-string|md5|sha\d{0,3}) [0-9] |\b(?:r[ow]community6?|(?:snmp-server|trap) community|community string|(?:tacacs|radius)-server (?:host \S{1,64} )?key|isakmp key|message-digest-key \d{1,3} md5) )(?=[^\s\d]{0,80}\d)(?!\d{1,5}(?!\S))\S{4,}/g

/** A dash after white space or a quote. */
const OPTIONS = /(?:^|[\s"'`(])-/

export function redactCommands(text: string): string {
  let result = text
  if (text.includes('@')) result = result.replaceAll(ORACLE, `$1${REDACTED}`).replaceAll(HOST, `$1:${REDACTED}@`)
  if (OTHERS.test(text)) result = redactOthers(result)
  if (!OPTIONS.test(text)) return result
  if (/curl|wget|http/.test(text)) result = result.replaceAll(CURL, `$1${REDACTED}`).replaceAll(COOKIE, `$1${REDACTED}`)
  if (text.includes('snmp')) result = result.replaceAll(SNMP, REDACTED)
  return result
    .replaceAll(PERCENT, `$1${REDACTED}`)
    .replaceAll(USER, `$1${REDACTED}`)
    .replaceAll(PASSWORD, `$1${REDACTED}`)
    .replaceAll(LONG, `$1${REDACTED}`)
}

const OTHERS =
  /echo|printf|<<<|htpasswd|net\s|radtest|vault|aws\s|isql|WIFI:|(?:password|secret|key|key-string|md5|sha\d{0,3}) \d|community|-server|isakmp/

/** Passwords that no option names. */
function redactOthers(text: string): string {
  return [PIPED, HERE, GIVEN, WIFI, DEVICE].reduce((result, form) => result.replaceAll(form, `$1${REDACTED}`), text)
}
