/** Receivers of pages. What each type needs beside its address is checked in `config/receiver-mistakes.ts`. */
import { declareSettings } from './declaration.ts'
import { hoursCheck, timeZoneCheck } from './hours.ts'
import { labelMatcherCheck } from './label-matcher.ts'
import { milliseconds, name } from './shapes.ts'

export const receiverTypes = [
  'webhook',
  'alertmanager',
  'mail',
  'slack',
  'teams',
  'dingtalk',
  'wecom',
  'feishu',
  'pagerduty',
  'watchdog',
] as const

const hasProtocol =
  (...protocols: readonly string[]) =>
  (text: string): boolean =>
    protocols.includes(URL.parse(text)?.protocol ?? '')

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export const receiverSettings = declareSettings({
  name: name('Name of the receiver.'),
  type: {
    type: 'choice',
    values: receiverTypes,
    default: 'webhook',
    description:
      'webhook: one JSON document per page. alertmanager: the Prometheus Alertmanager at `url`, by POST /api/v2/alerts. mail: a mail server. pagerduty: Events API v2. watchdog: gets no page but a sign of life each minute, and pages when that stays away. The others are chats, by the address of their bot.',
  },
  url: {
    type: 'text',
    secret: true,
    example: 'https://alerts.example/hook',
    checks: [{ is: hasProtocol('http:', 'https:', 'smtp:', 'smtps:'), allowed: 'a URL of http or https, and of mail smtp or smtps' }],
    description:
      'Where pages go. Redirects are not followed. Of mail `smtp://host:587`, with STARTTLS unless it is on the loopback address, or `smtps://host`. Of pagerduty by default its public address.',
  },
  key: {
    type: 'text',
    minLength: 1,
    secret: true,
    description:
      'What proves that pages are from this server. Of a webhook the key of the header `X-Spyglass-Signature`, of dingtalk and feishu the signing secret of the bot, of pagerduty the routing key.',
  },
  headers: { type: 'map', default: {}, secret: true, description: 'Headers sent with each page, for instance Authorization.' },
  template: {
    type: 'text',
    minLength: 2,
    checks: [{ is: isJson, allowed: 'a JSON document with {{member}} in its texts' }],
    example: '{"text": "{{summary}}", "level": "{{severity}}"}',
    description:
      'What a webhook gets in place of the page: a JSON document, in whose texts `{{member}}` stands for a member of the page (`{{links.console}}`).',
  },
  from: { type: 'text', minLength: 3, description: 'Sender of mail: `Spyglass <spyglass@shop.example>`.' },
  to: { type: 'texts', each: { minLength: 3 }, default: [], description: 'Recipients of mail.' },
  user: { type: 'text', minLength: 1, description: 'User at the mail server. Without it, nobody logs in.' },
  password: { type: 'text', minLength: 1, secret: true, description: 'Password of the user. It may be encrypted.' },
  matchers: {
    type: 'texts',
    each: { minLength: 1, checks: [labelMatcherCheck] },
    default: [],
    description:
      'Which alerts it gets: matchers of labels that must all match, such as `severity=critical` or `service=~"shop.*"`. By default all.',
  },
  hours: {
    type: 'texts',
    each: { minLength: 1, checks: [hoursCheck] },
    default: [],
    description:
      'When it gets pages: `mon-fri 08:00-18:00`, `22:00-06:00`. What still fires when they begin is paged then. By default always.',
  },
  timeZone: {
    type: 'text',
    checks: [timeZoneCheck],
    example: 'Europe/Berlin',
    description: 'Time zone of `hours`. Default: that of the machine.',
  },
  proxy: {
    type: 'text',
    secret: true,
    checks: [{ is: hasProtocol('http:', 'https:'), allowed: 'a URL of http or https' }],
    example: 'http://proxy.example:3128',
    description: 'HTTP proxy that leads to it. User and password may be in the URL.',
  },
  authorities: {
    type: 'text',
    minLength: 1,
    example: 'company-ca.pem',
    description:
      'PEM file with authorities of certificates, trusted for this receiver as well as those of Node. Relative to the configuration file.',
  },
  timeoutMs: milliseconds(5000, 'Timeout of one attempt.'),
  onlyEscalated: {
    type: 'boolean',
    default: false,
    description: 'Gets only pages that nobody has acknowledged within escalateAfterMs, and their end.',
  },
})
