import { expect, test } from 'vitest'
import { redactArguments, redactCommandLine } from '../../../agent/src/redact/arguments.ts'

test.each([
  ['--max-old-space-size=512', '--max-old-space-size=512'],
  ['--token=abc', '--token=[redacted]'],
  ['--db-password hunter2 next', '--db-password [redacted] next'],
  ['--api-key --next', '--api-key --next'],
  ['--url=postgres://user:pw@host/db', '--url=postgres://[redacted]@host/db'],
  ['mysql -u root -pSECRET -p 3306 -p secret', 'mysql -u [redacted] -p[redacted] -p 3306 -p [redacted]'],
  ['redis-cli -a secret', 'redis-cli -a [redacted]'],
  ['DB_PASSWORD=x NODE_ENV=production', 'DB_PASSWORD=[redacted] NODE_ENV=production'],
  ['--token -abc -v', '--token [redacted] -v'],
  ['node app.js --port 8080 --verbose', 'node app.js --port 8080 --verbose'],
])('%s', (line, expected) => {
  expect(redactArguments(line.split(' '))).toEqual(expected.split(' '))
  expect(redactCommandLine(line)).toBe(expected)
  expect(redactCommandLine(expected)).toBe(expected)
})

test('a header among the arguments of curl loses its value', () => {
  expect(redactArguments(['curl', '-H', 'Authorization: Basic abcdef'])).toEqual(['curl', '-H', 'Authorization: [redacted]'])
})

test.each([
  [`x --password "a b c" --n`, 'x --password [redacted] --n'],
  [`x --secret='a b' y`, 'x --secret=[redacted] y'],
  [`mysql -p'a b' shop`, 'mysql -p[redacted] shop'],
  [`x --password "never closed`, 'x --password [redacted]'],
])('quotes hold one argument together: %s', (line, expected) => {
  expect(redactCommandLine(line)).toBe(expected)
  expect(redactCommandLine(expected)).toBe(expected)
})
