/** Names whose value is a secret: of attributes, fields, headers, parameters, environment variables and options. */
import { areContentWords, areSecretWords, wordsOf } from './word-rules.ts'

/** Replaces a secret. */
export const REDACTED = '[redacted]'

/** Parts of names, without word separators. */
const PARTS = [
  'accesskey',
  'accountkey',
  'amzsignature',
  'apikey',
  'authcode',
  'authkey',
  'authorization',
  'contrasena',
  'cookie',
  'credential',
  'encryptionkey',
  'googsignature',
  'kennwort',
  'masterkey',
  'motdepasse',
  'passphrase',
  'passcode',
  'passwd',
  'password',
  'passwort',
  'privatekey',
  'secret',
  'sessid',
  'sessionid',
  'sessionpreviousid',
  'sharedaccess',
  'signingkey',
  'sshkey',
]
/** The same in languages that do not use plain ASCII. */
const FOREIGN_PARTS =
  '密码 密碼 口令 验证码 驗證碼 密钥 密鑰 私钥 令牌 身份证 银行卡号 パスワード 暗証番号 秘密鍵 비밀번호 인증번호 пароль contraseña hasło lösenord şifre'.split(
    ' ',
  )
/** A number with such a name is a count: `max_tokens`. */
const COUNTED_PART = 'token'
/** Only as the last word: `x-auth`, not `auth.method`. */
const LAST_WORDS = new Set([
  'auth',
  'bearer',
  'csrf',
  'cvc',
  'cvv',
  'jwt',
  'otp',
  'pass',
  'passw',
  'pin',
  'pswd',
  'pw',
  'pwd',
  'senha',
  'sid',
  'sig',
  'ssn',
  'xsrf',
])

/** Only as the last word of a header or of metadata: `http.request.header.x-functions-key`. */
const LAST_WORDS_OF_HEADERS = new Set(['assertion', 'authentication', 'key', 'session', 'signature'])
const HEADER = /(?:^|\.)(?:headers?|metadata)\./
/** Values of parameters are data: `db.query.parameter.0`, `db.postgresql.values`, `graphql.variables.name`. */
const PARAMETERS =
  /^(?:(?:db|sql|graphql|prisma|mysql2?|pg|postgres(?:ql)?|typeorm|sequelize|knex|redis|ioredis|mongo(?:db|ose)?|query|statement)\.(?:[\w-]+\.){0,3}(?:param(?:eter)?s?|values|variables|args|arguments|bind(?:s|ings|[_.]?(?:vars|values|variables|parameters))?)|(?:db\.)?(?:redis|memcached|valkey)\.(?:[\w-]+\.)?keys?|(?:rpc\.)?jsonrpc\.params)(?:\.|$)/

/** A name that ends with one of these describes a secret but does not hold it: `token.type`, `password_length`. */
const ABOUT = new Set(['count', 'expires', 'expiry', 'length', 'size', 'ttl', 'type'])

export type Secrecy = 'open' | 'secret' | 'secret-text' | 'content'

const MAX_KNOWN = 4096
const known = new Map<string, Secrecy>()

/**
 * `secret-text`: a secret unless it is a number. `content`: what people and systems send each other, as the body of a request. Names are cached, because the same few recur.
 */
export function secrecyOf(name: string): Secrecy {
  const found = known.get(name)
  if (found !== undefined) return found
  if (known.size >= MAX_KNOWN) known.clear()
  const secrecy = judge(name)
  known.set(name, secrecy)
  return secrecy
}

/** Whether the value of this name is never logged, exported, stored or shown. */
export function isSecretName(name: string): boolean {
  return secrecyOf(name) !== 'open'
}

function judge(name: string): Secrecy {
  const lower = name.toLowerCase()
  const compact = lower.replaceAll(/[^a-z0-9]/g, '')
  const lastWord = /[A-Z]?[a-z]+$|[A-Z]+$/.exec(name.replaceAll(/[^A-Za-z]+$/g, ''))?.[0].toLowerCase() ?? ''
  if (ABOUT.has(lastWord)) return 'open'
  if (PARTS.some((part) => compact.includes(part)) || FOREIGN_PARTS.some((part) => lower.includes(part))) return 'secret'
  if (LAST_WORDS.has(lastWord)) return 'secret'
  if (HEADER.test(lower) && LAST_WORDS_OF_HEADERS.has(lastWord)) return 'secret'
  const words = wordsOf(name)
  if (PARAMETERS.test(lower) || areSecretWords(words, HEADER.test(lower))) return 'secret'
  if (areContentWords(words)) return 'content'
  return compact.includes(COUNTED_PART) ? 'secret-text' : 'open'
}
