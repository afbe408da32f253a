/** Secrets by the class of their form: whatever stands around it, the value is replaced. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { redactText } from '../../../agent/src/redact/free-text.ts'
import { growthExponent } from '../../support/growth.ts'

/** The last letters of every planted value. */
const MARK = 'zqz'
const HEX = '9f86d081884c7d659a2feaa0c55ad015'
const LINE = `AAAAB3NzaC1yc2EAAAADAQABAAABAQDzqz${'x'.repeat(24)}`

const classes: Readonly<Record<string, readonly string[]>> = {
  'headers whose name says secret': [
    'X-Auth: zqz',
    'X-Auth: a zqz',
    '> X-Auth: zqz',
    'GET / HTTP/1.1\r\nHost: x\r\nX-Auth: zqz\r\n\r\n',
    'x-auth: zqz',
    'X-My-Session: zqz',
    'X-Csrf: zqz',
    'X-Hub-Signature: sha1=zqz',
    'X-Amz-Security-Token: zqz',
    'Proxy-Authorization: Custom zqz',
    'X-Forwarded-Client-Cert: By=x;Hash=zqz',
    'X-Goog-Iap-Jwt-Assertion: zqz',
    'DPoP: zqz',
    'X-Wsse: UsernameToken Username="bob", PasswordDigest="zqz"',
    'Sec-Token-Binding: zqz',
    '"X-Auth": "zqz"',
    "{ 'x-auth': 'zqz' }",
    'X-Auth = zqz',
  ],
  'variables whose name says secret': [
    'APP_AUTH=zqz',
    'export REDIS_AUTH="zqz"',
    'SERVICE_PSK=zqz',
    'wpa_passphrase=zqz',
    'psk="zqz zqz"',
    'PGPASS=zqz',
    'TOTP_SEED_PHRASE=zqz',
    'SESSION_SALT=zqz',
    'appSalt=zqz',
    'JWT=zqz',
    'my_hmac_key: zqz',
    'jwe_nonce=zqz',
    'userAuth=zqz',
    'senha: zqz',
    'mot de passe : zqz',
    'hasło=zqz',
    'şifre: zqz',
    'パスワード：zqz',
    '验证码：zqz1',
    'date_of_birth=1999-zqz',
    'creditCard: zqz',
    'iban=zqz',
    'pan: 12zqz3456',
  ],
  'options whose name says secret': [
    'run --key zqz',
    'run --key=zqz',
    'run -key zqz',
    'run -key=zqz',
    'run --key "zqz zqz"',
    "run --key 'zqz zqz'",
    'run --apiKey zqz',
    'run --api_key zqz',
    'run --api-key\tzqz',
    'run --licenseKey zqz',
    'run --auth zqz',
    'run --auth-pass zqz',
    'run --userpass zqz',
    'run --psk zqz',
    'run -password zqz',
    'run -Password:zqz',
    'run /password:zqz',
    'run /pwd:zqz',
    'run --client-secret zqz --verbose',
    'run --bearer zqz',
    'run -Dapi.key=zqz',
    'run -PsigningKey=zqz',
    'argv: ["run","--key","zqz"]',
    "spawnargs: [ 'run', '--key', 'zqz' ]",
    '{"args":"[\\"--key\\",\\"zqz\\"]"}',
    'Command failed: run --otp zqz (exit 1)',
    'failed: `tool --pass zqz`',
    'CMD ["--token", "zqz"]',
    'args=--key zqz',
    'run --pin zqz',
    'run --passin pass:zqz',
    'run --creds zqz',
  ],
  'codes with letters': [
    'your OTP is A1Bzqz',
    'OTP A1Bzqz',
    'otp 12zqz',
    'PIN A1zqz9',
    'your pin is 12zqz',
    'pin code 1zqz',
    'verification code is 12-zqz',
    'verification code: 4F-zqz',
    'recovery code 12zq-34zqz',
    'your code is G1zqz',
    '12zqz is your verification code',
    'zqz-1 is your Example login code',
    'use 1zqz as your one-time password',
    'hunter2zqz is the password',
    '验证码为1zqz',
    '您的验证码是 1zqz，5 分钟内有效',
    '密码是zqz1',
    '密码为 zqz1',
    '密码已改为zqz1',
    '新密码（zqz123）',
    '令牌 zqz123456 已失效',
    '密钥zqz1',
  ],
  'stored passwords': [
    'bob:$apr1$abcdefgh$zqzqzqzqzqz',
    'bob:$2y$05$abcdefghzqzqzqzqzqzqzqz',
    'hash $2b$10$abcdefghzqzqzqzqzqzqzqz',
    'root:$6$salt$zqzqzqzqzqzq:19000:0:99999:7:::',
    'root:$y$j9T$salt$zqzqzqzqzqzq:19000:0:99999:7:::',
    '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$zqzqzqzqzq',
    'pbkdf2_sha256$260000$salt$zqzqzqzqzqz',
    'SCRAM-SHA-256$4096:c2FsdA==$zqzqzqzqzq:zqzqzq',
    'userPassword: {SSHA}zqzqzqzqzqz',
    'bob:{SHA}zqzqzqzqzqz',
    'value {PBKDF2-SHA512}10000$salt$zqzqzqzqz',
    'bob:zqz3StKT.4T8M',
    `bob:Private Area:${HEX}`,
    `Administrator:500:AAD3B435B51404EEAAD3B435B51404EE:${HEX.toUpperCase()}:::`,
    `psexec -hashes aad3b435b51404eeaad3b435b51404ee:${HEX}`,
    'stored $P$Babcdefghzqzqzqzqzqzqz',
  ],
  'lines of password files': [
    'localhost:5432:shop:bob:zqz',
    'db.example.com:5432:*:bob:zqz',
    '*:*:*:bob:zqz',
    'db:5432:shop:bob:zqz',
    'wrote 10.0.0.8:5432:shop:bob:zqz to the file',
    '/var/run/postgresql:5432:shop:bob:zqz',
    '[2001:db8::1]:5432:shop:bob:zqz',
    'machine api.example.com login bob password zqz',
    'machine api.example.com\n  login bob\n  password zqz\n',
    'default login anonymous password zqz',
    '//registry.example.com/:_authToken=zqz1zqz',
    '//registry.example.com/:_password=zqz',
    '_auth=Ym9iOnpxenpxeg==zqz',
    '10.0.0.1 10.0.0.2 : PSK "zqz"',
    'bob : EAP "zqz"',
    'bob * "zqz" *',
    'https://bob:zqz@github.com',
    '{"auths":{"h":{"auth":"Ym9iOnpxenpxeg1zqz"}}}',
  ],
  'blocks of keys': [
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${LINE}\n-----END OPENSSH PRIVATE KEY-----\nend`,
    `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${LINE}\n-----END PGP PRIVATE KEY BLOCK-----`,
    `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n${LINE}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----`,
    `-----BEGIN OpenVPN Static key V1-----\n${LINE}\n-----END OpenVPN Static key V1-----`,
    `-----BEGIN OpenVPN tls-crypt-v2 client key-----\n${LINE}\n-----END OpenVPN tls-crypt-v2 client key-----`,
    `"-----BEGIN PRIVATE KEY-----\\n${LINE}\\n-----END PRIVATE KEY-----\\n"`,
    `k=-----BEGIN+RSA+PRIVATE+KEY-----%0A${LINE}%0A-----END+RSA+PRIVATE+KEY-----`,
    `k=-----BEGIN%20RSA%20PRIVATE%20KEY-----%0A${LINE}`,
    `PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 2\n${LINE}\n${LINE}\nPrivate-MAC: 00`,
    `PuTTY-User-Key-File-2: ssh-rsa\\nPrivate-Lines: 1\\n${LINE}\\nPrivate-MAC: 00`,
    `Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: ${LINE}=\n`,
    `Private-key-format: v1.3\nAlgorithm: 8 (RSASHA256)\nModulus: AAAA\nPrivateExponent: ${LINE}=\nPrime1: ${LINE}=\nCoefficient: ${LINE}=\n`,
    `untrusted comment: minisign encrypted secret key\n${LINE}${LINE}=\n`,
    `{"kty":"RSA","n":"AAAA","e":"AQAB","d":"${LINE}","p":"${LINE}","qi":"${LINE}"}`,
    `{"kty":"oct","k":"${LINE}"}`,
    `"{\\"kty\\":\\"EC\\",\\"d\\":\\"${LINE}\\"}"`,
    `<RSAKeyValue><Modulus>AAAA</Modulus><D>${LINE}</D><InverseQ>${LINE}</InverseQ></RSAKeyValue>`,
    `(private-key (rsa (n #00#) (d #00zqz#)))`,
    `CLIENT_RANDOM ${HEX}${HEX} ${HEX}${HEX}${HEX}`,
    `SERVER_HANDSHAKE_TRAFFIC_SECRET ${HEX}${HEX} ${HEX}${HEX}`,
    `EXPORTER_SECRET ${HEX}${HEX} ${HEX}${HEX}`,
    `[Interface]\nPrivateKey = ${LINE}=\n[Peer]\nPresharedKey = ${LINE}=`,
  ],
  'card numbers': [
    'card 4111.1111.1111.1111',
    'card 4111_1111_1111_1111',
    'card 4111/1111/1111/1111',
    'card 4111\u00a01111\u00a01111\u00a01111',
    'card 4111\u20091111\u20091111\u20091111',
    'card 4111–1111–1111–1111',
    'card 4111  1111  1111  1111',
    'card 4111\t1111\t1111\t1111',
    'card 4111 - 1111 - 1111 - 1111',
    'card=4111+1111+1111+1111',
    'card=4111%201111%201111%201111',
    'card 4111|1111|1111|1111',
    'card 4111,1111,1111,1111',
    'card 3782.822463.10005',
    '卡号：4111·1111·1111·1111',
  ],
}

const cases = Object.entries(classes).flatMap(([name, texts]) => texts.map((text) => [name, text] as const))

const isPlanted = (text: string): boolean =>
  text.includes(MARK) ||
  text.includes('1111') ||
  text.includes('822463') ||
  text.includes('1999') ||
  RegExp(HEX, 'i').test(withoutNonce(text))
/** In a key log, the random number of the client is public. */
const withoutNonce = (text: string): string => text.replace(/^[A-Z_]+ [\da-f]{64} /, '')

test.each(cases)('%s: %j', (_class, text) => {
  const safe = redactText(text)
  expect(isPlanted(safe), safe).toBe(false)
  expect(redactText(safe), 'again').toBe(safe)
})

test('a few hundred more, of other tools and systems, a line each', () => {
  const lines = readFileSync(new URL('../../fixtures/planted-secrets.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeGreaterThan(300)
  for (const line of lines) {
    for (const text of new Set([line, line.replaceAll('\\n', '\n')])) {
      const safe = redactText(text)
      expect(safe.toLowerCase(), text).not.toContain(MARK)
      expect(redactText(safe), 'again').toBe(safe)
    }
  }
})

test('what is public in a key file stays', () => {
  const text = `PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPublic-Lines: 1\n${LINE}\n`
  expect(redactText(text)).toBe(text)
  expect(redactText(`-----BEGIN PUBLIC KEY-----\n${LINE}\n-----END PUBLIC KEY-----`)).toContain(LINE)
  expect(redactText(`{"kty":"EC","x":"${LINE}","crv":"P-256"}`)).toContain(LINE)
})

test.each([
  '--key ',
  ' --key="',
  '"--key","',
  'x-a: ',
  'X-Auth: ',
  'aB-',
  'auth=',
  '$2y$',
  '{SSHA}',
  'a:5432:',
  'localhost:*:',
  '*:',
  'machine a ',
  'PSK "',
  'a * ',
  '-----BEGIN PRIVATE KEY ',
  '-----END KEY',
  'Private-Lines: 1\nAAAA\n',
  'AAAA\n',
  'secret key\n',
  '"kty":"k":"',
  '<D>AAAAAAAA',
  '(private-key ',
  'CLIENT_RANDOM 0123456789abcdef ',
  'otp a1-',
  'a1 is your code ',
  '密码',
  '验证码是a1',
  '4111.',
  '4111 ',
])('many %j cost in proportion to their number', (part) => {
  const exponent = growthExponent(4000, (length) => {
    const text = part.repeat(length / part.length)
    return () => redactText(text)
  })
  expect(exponent).toBeLessThan(1.5)
})
