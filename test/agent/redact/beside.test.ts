import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactBeside } from '../../../agent/src/redact/beside.ts'
import { redactText } from '../../../agent/src/redact/free-text.ts'
import { growthExponent } from '../../support/growth.ts'

test.each([
  ['u=bob p=x', 'u=bob p=[redacted]'],
  ['u=bob&p=x', 'u=bob&p=[redacted]'],
  ['user: bob, p: x', 'user: bob, p: [redacted]'],
  ['p=x;u=bob', 'p=[redacted];u=bob'],
  ['{"u":"bob","p":"x y"}', '{"u":"bob","p":"[redacted]"}'],
  ["{ u: 'bob', p: 'x' }", "{ u: 'bob', p: '[redacted]' }"],
  ['{\\"u\\":\\"bob\\",\\"p\\":\\"x\\"}', '{\\"u\\":\\"bob\\",\\"p\\":\\"[redacted]\\"}'],
  ['{"refresh":"x"}', '{"refresh":"[redacted]"}'],
  ['{\\"refresh\\":\\"x\\"}', '{\\"refresh\\":\\"[redacted]\\"}'],
  ['{"access":"x","refresh":"y"}', '{"access":"[redacted]","refresh":"[redacted]"}'],
  ["{ refresh: 'y', access: 'x' }", "{ refresh: '[redacted]', access: '[redacted]' }"],
  ['{"access":"a1b2c3d4e5f6a7b8"}', '{"access":"[redacted]"}'],
  ['{"k":"password","v":"x"}', '{"k":"password","v":"[redacted]"}'],
  ['{"field":"apiKey","value":"x y"}', '{"field":"apiKey","value":"[redacted]"}'],
  ['name=password value=x', 'name=password value=[redacted]'],
])('%s', (text, expected) => {
  expect(redactBeside(text)).toBe(expected)
  expect(redactBeside(expected)).toBe(expected)
})

test.each([
  'p=0.05 u=0.3',
  'user=alice p=3',
  'user=alice p=99%',
  'u=12 p=true',
  'up=1 p=x',
  'p=x',
  'menu=file p=x',
  '{"refresh":"wait_for"}',
  '{"refresh":"5s"}',
  '{"refresh":true}',
  '{"refresh":"Refresh"}',
  '{"refresh":"Refresh the page"}',
  'refresh=30',
  'refresh: https://example.com/a',
  '{"access":"granted"}',
  'access: read-only',
  '{"k":"colour","v":"red"}',
  '{"name":"password","value":""}',
  '{"id":"password","title":"Password"}',
])('%s stays', (text) => expect(redactBeside(text)).toBe(text))

test('whatever the value and its neighbours, a password beside a user is gone, and so is nothing else', () => {
  const value = fc.stringMatching(/^[a-z][a-z0-9!]{0,20}$/).filter((text) => !/^(?:true|false|null|undefined|none)$/.test(text))
  const separator = fc.constantFrom(' ', '&', ', ', ';', ',')
  fc.assert(
    fc.property(value, value, separator, fc.constantFrom('u', 'user', 'username', 'login'), (user, password, gap, name) => {
      expect(redactBeside(`at ${name}=${user}${gap}p=${password}${gap}end`)).toBe(`at ${name}=${user}${gap}p=[redacted]${gap}end`)
    }),
  )
})

test.each(['u=', 'u=a ', 'u=a p', 'p=a ', 'u:"', '{"refresh":"', 'access=a refresh', 'name=', 'k=pass ', '\\"u\\":\\"', 'p=\\'])(
  'many %j cost in proportion to their number',
  (part) => {
    const exponent = growthExponent(4000, (length) => {
      const text = part.repeat(length / part.length)
      return () => redactText(text)
    })
    expect(exponent).toBeLessThan(1.5)
  },
)
