import { expect, test } from 'vitest'
import { crossMistakes, SpyglassConfig } from '@spyglass/process/config'

const mistakesOf = (receiver: object): readonly string[] =>
  crossMistakes(SpyglassConfig.parse({ alerting: { receivers: [{ name: 'a', ...receiver }] } })).map(
    ({ path, message }) => `${path}: ${message}`,
  )

test.each([
  { url: 'https://h/' },
  { type: 'alertmanager', url: 'http://h/' },
  { type: 'mail', url: 'smtp://h', from: 'a@h', to: ['b@h'], user: 'u', password: 'p' },
  { type: 'slack', url: 'https://h/' },
  { type: 'dingtalk', url: 'https://h/', key: 'k' },
  { type: 'pagerduty', key: 'k' },
  {
    url: 'https://h/',
    key: 'k',
    template: '{"a": "{{summary}}"}',
    hours: ['mon-fri 08:00-18:00'],
    timeZone: 'Asia/Shanghai',
    matchers: ['a=b'],
  },
])('%j is whole', (receiver) => {
  expect(mistakesOf(receiver)).toEqual([])
})

test.each([
  [{}, 'url: missing'],
  [{ type: 'mail', url: 'smtp://h' }, 'from: missing'],
  [{ type: 'mail', url: 'https://h/', from: 'a@h', to: ['b@h'] }, 'url: type mail needs a URL of smtp: or smtps:'],
  [{ url: 'smtp://h' }, 'url: type webhook needs'],
  [{ type: 'pagerduty' }, 'key: missing'],
  [{ type: 'slack', url: 'https://h/', template: '{}' }, 'template: not available with type slack'],
  [{ type: 'mail', url: 'smtp://h', from: 'a@h', to: ['b@h'], user: 'u' }, 'user: user and password belong together'],
])('%j is told', (receiver, message) => {
  expect(mistakesOf(receiver)).toEqual([expect.stringContaining(`alerting.receivers[0].${message}`), ...mistakesOf(receiver).slice(1)])
})

test.each([
  { hours: ['always'] },
  { timeZone: 'Moon/Base' },
  { matchers: ['pool'] },
  { template: '{' },
  { url: 'ftp://h/' },
  { proxy: 'socks5://h' },
])('%j is refused', (wrong) => {
  const receiver = { name: 'a', url: 'https://h/', ...wrong }
  expect(SpyglassConfig.safeParse({ alerting: { receivers: [receiver] } }).success).toBe(false)
})

test('a window of maintenance has hours or an end, and ends after it begins', () => {
  const told = (window: object): readonly string[] =>
    crossMistakes(SpyglassConfig.parse({ alerting: { maintenance: [{ name: 'w', ...window }] } })).map(({ path }) => path)
  const [from, until] = ['2030-01-31T20:00:00Z', '2030-01-31T18:00:00Z']
  expect(told({ hours: ['22:00-06:00'] })).toEqual([])
  expect(told({ from: until, until: from })).toEqual([])
  expect(told({ from })).toEqual(['alerting.maintenance[0].hours'])
  expect(told({ from, until })).toEqual(['alerting.maintenance[0].until'])
})
