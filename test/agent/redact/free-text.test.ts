import { format } from 'node:util'
import { assert, property, string, stringMatching } from 'fast-check'
import { expect, test } from 'vitest'
import { redactText } from '../../../agent/src/redact/free-text.ts'
import { growthExponent } from '../../support/growth.ts'

test.each([
  // Names and values.
  ['password=hunter2 user=bob', 'password=[redacted] user=bob'],
  ['DB_PASSWORD: hunter2, n', 'DB_PASSWORD: [redacted], n'],
  ['{"password":"hunt\\"er2","n":1}', '{"password":"[redacted]","n":1}'],
  ['"{\\"password\\":\\"hunter2\\",\\"a\\":1}"', '"{\\"password\\":\\"[redacted]\\",\\"a\\":1}"'],
  ['{"cookies":["a=b","c]"],"n":1}', '{"cookies":"[redacted]","n":1}'],
  ['x-api-key => abc', 'x-api-key => [redacted]'],
  ['AccountKey=abc==;EndpointSuffix=x', 'AccountKey=[redacted];EndpointSuffix=x'],
  ['Pwd=x;Uid=y', 'Pwd=[redacted];Uid=y'],
  ['pin: 1234', 'pin: [redacted]'],
  ['/x?token=abc&a=1', '/x?token=[redacted]&a=1'],
  ["password: 'never closed", "password: '[redacted]'"],
  ['secrets: { a: 1, b: { c', 'secrets: [redacted]'],
  ['<password>abc</password><n>1</n>', '<password>[redacted]</password><n>1</n>'],
  ['passwords: <Buffer 01 02>', 'passwords: [redacted]>'],
  ['"{\\\\\\"password\\\\\\":\\\\\\"hunter2\\\\\\"}"', '"{\\\\\\"password\\\\\\":\\\\\\"[redacted]\\\\\\"}"'],
  ['密码=abc123, 密码：abc123 password＝abc123', '密码=[redacted], 密码：[redacted] password＝[redacted]'],
  ['GET https://host/a?sig=abc&page=2', 'GET https://host/a?sig=[redacted]&page=2'],
  ['<ns:Password type="x">abc</ns:Password>', '<ns:Password type="x">[redacted]</ns:Password>'],
  ['<password><![CDATA[a<b]]></password>', '<password>[redacted]</password>'],
  [
    '[{"name":"Authorization","value":"abc"},{"name":"Accept","value":"x"}]',
    '[{"name":"Authorization","value":"[redacted]"},{"name":"Accept","value":"x"}]',
  ],
  ["run x --db-password 'a b' --verbose --token abc", 'run x --db-password [redacted] --verbose --token [redacted]'],
  [
    'bob:abc@tcp(db:3306)/x jdbc:oracle:thin:scott/tiger@db:1521:x',
    'bob:[redacted]@tcp(db:3306)/x jdbc:oracle:thin:scott/[redacted]@db:1521:x',
  ],
  ['detail: Key (email)=(bob@example.com) already exists.', 'detail: Key (email)=(?) already exists.'],
  ["ER_DUP_ENTRY: Duplicate entry 'bob' for key 'users.email'", "ER_DUP_ENTRY: Duplicate entry ? for key 'users.email'"],
  ["Incorrect integer value: 'abc' for column 'n'", "Incorrect integer value: ? for column 'n'"],
  [
    "Conversion failed when converting the varchar value 'abc' to data type int.",
    'Conversion failed when converting the varchar value ? to data type int.',
  ],
  ['invalid input syntax for type integer: "abc"', 'invalid input syntax for type integer: ?'],
  ['Failing row contains (1, abc, null).', 'Failing row contains ?.'],
  ['E11000 duplicate key error index: email_1 dup key: { email: "bob" }', 'E11000 duplicate key error index: email_1 dup key: ?'],
  ['The duplicate key value is (abc).', 'The duplicate key value is ?.'],
  ["The answer is (42), as every 'child' knows", "The answer is (42), as every 'child' knows"],
  ['to=https%3A%2F%2Fhost%3Ftoken%3Dabc&a=1', 'to=https%3A%2F%2Fhost%3Ftoken%3D[redacted]&a=1'],
  ['user%5Bpassword%5D=abc&user%5Bname%5D=bob', 'user%5Bpassword%5D=[redacted]&user%5Bname%5D=bob'],
  ['https://host/k?X-Amz-Signature=abc&a=1', 'https://host/k?X-Amz-Signature=[redacted]&a=1'],
  ['<add key="Password" value="abc"/><add key="n" value="1"/>', '<add key="Password" value="[redacted]"/><add key="n" value="1"/>'],
  ["<Password value='abc'/>", '<Password value="[redacted]"/>'],
  [
    '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\nabc\r\n--x',
    '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n[redacted]\r\n--x',
  ],
  ['got hvs.0123456789abcdefghijk, whsec_0123456789abcdef', 'got [redacted], [redacted]'],
  ['https://hooks.slack.com/services/T0/B0/abcdef', 'https://hooks.slack.com/services/[redacted]'],
  ["SELECT 'abc'", 'SELECT ?'],
  ["failed: WITH x AS (SELECT 'abc') SELECT 1", 'failed: WITH x AS (SELECT ?) SELECT ?'],
  ["ALTER USER bob PASSWORD 'abc'", 'ALTER USER bob PASSWORD…'],
  // Pairs, and names and values in turn.
  ['[["X-Api-Key","abc"],["Accept","x"]]', '[["X-Api-Key","[redacted]"],["Accept","x"]]'],
  ["headers [ [ 'Cookie', 'a=b' ] ]", 'headers [ [ \'Cookie\', "[redacted]" ] ]'],
  ['["token","user","id"]', '["token","user","id"]'],
  [
    "rawHeaders: [ 'Host', 'a', 'Authorization', 'Basic abc', 'X-Api-Key', 's' ], x: [ 'token', 'user', 'id' ]",
    "rawHeaders: [ 'Host', 'a', 'Authorization', '[redacted]', 'X-Api-Key', '[redacted]' ], x: [ 'token', 'user', 'id' ]",
  ],
  ['{"rawTrailers":["x-token","abc"]}', '{"rawTrailers":["x-token","[redacted]"]}'],
  // Headers.
  ['Authorization: Bearer abc.def\nHost: x', 'Authorization: [redacted]\nHost: x'],
  ['Cookie: a=b; c=d\r\nHost: x', 'Cookie: [redacted]\r\nHost: x'],
  ['got Bearer abcdef123.', 'got Bearer [redacted]'],
  ['got Basic dXNlcjpwYXNz', 'got Basic [redacted]'],
  // Known issuers.
  ['key AKIAIOSFODNN7EXAMPLE!', 'key [redacted]!'],
  ['jwt eyJhbGciOi.eyJzdWIiOi.sig end', 'jwt [redacted] end'],
  ['ghp_0123456789abcdefghijABCDEF xoxb-123456789-abc sk_live_12345678', '[redacted] [redacted] [redacted]'],
  ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nx', '[redacted]\nx'],
  ['-----BEGIN PRIVATE KEY-----\nnever', '[redacted]'],
  ['-----BEGIN CERTIFICATE-----\nabc', '-----BEGIN CERTIFICATE-----\nabc'],
  // Cards, URLs, statements.
  ['card 4111 1111 1111 1111, 5555-5555-5555-4444', 'card [redacted], [redacted]'],
  ['connect to postgres://bob:pw@db/x', 'connect to postgres://[redacted]@db/x'],
  ["insert into users (pw) values ('x') - duplicate key", 'insert into users (pw) values (?) - duplicate key'],
  ["Executing (default): SELECT a FROM t WHERE x = 'y' LIMIT 1;", 'Executing (default): SELECT a FROM t WHERE x = ? LIMIT ?'],
  ["failed: UPDATE t SET a = 'b'", 'failed: UPDATE t SET a = ?'],
  ['query: DELETE FROM t WHERE a = \'b\' -- PARAMETERS: ["c"]', 'query: DELETE FROM t WHERE a = ?'],
])('%j', (text, expected) => {
  expect(redactText(text)).toBe(expected)
  expect(redactText(expected), 'again').toBe(expected)
})

test.each([
  'Please select an item from the list: "it\'s"',
  'user 42 logged in at 2026-11-26T10:00:00.123Z, trace 4bf92f3577b34da6a3ce929d0e0e4736',
  'max_tokens: 500, tokens=12',
  'password: null, secret: undefined, token: true',
  'bearer token expected, basic settings saved',
  'order 4111111111111112 at 1732612345678901234',
  'GET https://example.com/a/b@c 200',
  'compass: north; pinned: yes',
  'create user failed: no such database',
  'use --token to sign in; --api-key-file /etc/x',
])('%j stays as it is', (text) => {
  expect(redactText(text)).toBe(text)
})

test('secrets of inspected objects go, at any depth', () => {
  const error = Object.assign(new Error('boom'), { password: 'zqz1', config: { headers: { Authorization: 'Basic zqz2' } } })
  const values = [
    { user: 'bob', password: 'zqz3', deep: { apiKey: 'zqz4', list: [{ token: 'zqz5' }] }, credentials: { a: 'zqz6', b: ['zqz7}'] } },
    new Map([['pin', 'zqz8']]),
    { password: 'zqz9\n'.repeat(60) },
    { [Symbol('secret')]: 'zqz10', 'session-id': `it's "zqz11"` },
    error,
    new (class Login {
      password = 'zqz12'
    })(),
  ]
  const text = redactText(values.map((value) => format(value)).join('\n'))
  expect(text).not.toContain('zqz')
  expect(text).toContain("user: 'bob'")
  expect(text).toContain('Error: boom')
})

test('a secret of any form is taken out whatever stands around it', () => {
  const secret = stringMatching(/^[A-Za-z0-9]{6,12}$/)
  const around = string({ maxLength: 20 }).filter((text) => !/["'`\\<>=:]/.test(text))
  assert(
    property(secret, around, around, (value, before, after) => {
      const planted = `zQ7${value}`
      for (const form of [
        `password=${planted}`,
        `"token": "${planted}"`,
        `Bearer ${planted}`,
        `x://u:${planted}@h`,
        `apiKey: '${planted}'`,
      ]) {
        expect(redactText(`${before} ${form} ${after}`)).not.toContain(planted)
      }
    }),
    { numRuns: 500 },
  )
})

test.each([
  'password=',
  'password:"',
  '{"token":',
  'Bearer ',
  '://a',
  'eyJaaaaa-',
  ': select ',
  '-----BEGIN ',
  '4 1 ',
  '<password>',
  "secret: 'a' +\n ",
  'Key (a)=(',
  '<password><![CDATA[',
  '"name":"token","value":"',
  '--token "',
  'a:b@',
  'alter user a ',
])('many %j cost in proportion to their number', (part) => {
  const exponent = growthExponent(4000, (length) => {
    const text = part.repeat(length / part.length)
    return () => redactText(text)
  })
  expect(exponent).toBeLessThan(1.5)
})
