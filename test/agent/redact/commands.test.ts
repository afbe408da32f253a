import { expect, test } from 'vitest'
import { redactText } from '../../../agent/src/redact/free-text.ts'
import { redactCommands } from '../../../agent/src/redact/commands.ts'

test.each([
  ['curl -u user:x https://h/', 'curl -u user:[redacted] https://h/'],
  ['running curl -s -u "user:x" h', 'running curl -s -u "user:[redacted]" h'],
  ['curl --user a:b https://h', 'curl --user a:[redacted] https://h'],
  ['wget --user=a:b h', 'wget --user=a:[redacted] h'],
  ['curl --cookie "a=b" h', 'curl --cookie [redacted] h'],
  ['spawn mysql -uroot -px db', 'spawn mysql -uroot -p[redacted] db'],
  ["sshpass -p 'x' ssh h", 'sshpass -p [redacted] ssh h'],
  ['docker login -u bob -p x', 'docker login -u bob -p [redacted]'],
  ['keytool -storepass x', 'keytool -storepass [redacted]'],
  ['sqlplus bob/x@h', 'sqlplus bob/[redacted]@h'],
  ['bob/x@//h:1521/y', 'bob/[redacted]@//h:1521/y'],
  ['bob:x@(h:3306)/d', 'bob:[redacted]@(h:3306)/d'],
])('%j', (text, expected) => {
  expect(redactCommands(text)).toBe(expected)
  expect(redactText(text)).toBe(expected)
  expect(redactText(expected), 'again').toBe(expected)
})

test.each([
  'docker run -p 8080:80 -u 1000:1000 image',
  'docker run --user 1000:1000 image',
  'redis-cli -p 6379 ping',
  'mysql -P 3306 -p',
  'mkdir -p dist/a',
  'ssh -p 22 host',
  'git push -u origin main',
  'curl -u is required',
  'grep -w word file',
])('%j stays as it is', (text) => {
  expect(redactText(text)).toBe(text)
})
