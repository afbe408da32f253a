import { expect, test } from 'vitest'
import { isSecretName, secrecyOf } from '../../../agent/src/redact/secret-names.ts'

test.each([
  'password',
  'db.password',
  'DB_PASSWD',
  'userPwd',
  'http.request.header.authorization',
  'http.request.header.cookie',
  'http.response.header.set-cookie',
  'Proxy-Authorization',
  'X-Api-Key',
  'api_key',
  'apiKey',
  'x-auth',
  'clientSecret',
  'session.id',
  'JSESSIONID',
  'PHPSESSID',
  'connect.sid',
  'aws.secretAccessKey',
  'accessKeyId',
  'privateKey',
  'passphrase',
  'credentials',
  'pin',
  'card.cvv',
  'SharedAccessKey',
  'password_hash',
  'encryptionKey',
  'signing_key',
  'x-amz-signature',
  'Passwort',
  'contraseña',
  '密码',
  'ПАРОЛЬ',
])('%s is secret', (name) => {
  expect(secrecyOf(name)).toBe('secret')
})

test.each(['token', 'access_token', 'gen_ai.usage.input_tokens', 'x-csrf-token'])('%s is secret unless it is a number', (name) => {
  expect(secrecyOf(name)).toBe('secret-text')
  expect(isSecretName(name)).toBe(true)
})

test.each([
  '',
  'http.route',
  'auth.method',
  'author',
  'compass',
  'pass_count',
  'token.type',
  'password_length',
  'cookies.count',
  'sigma',
  'process.working_directory',
  'spyglass.sql.digest',
  'spinning',
  'user.id',
])('%s is open', (name) => {
  expect(secrecyOf(name)).toBe('open')
  expect(isSecretName(name)).toBe(false)
})

test('names are judged alike however many there are', () => {
  for (let i = 0; i < 10_000; i++) expect(isSecretName(`field${i}`)).toBe(false)
  expect(isSecretName('password')).toBe(true)
})
