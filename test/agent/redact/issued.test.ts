import { expect, test } from 'vitest'
import { redactIssued } from '../../../agent/src/redact/issued.ts'

const MARK = 'zQ7abcdefABCDEF0123456789abcdef0123456789'

test.each(
  `ghp_ github_pat_ glpat- glptt- gldt- glrt- xoxb- xapp- sk_live_ pk_live_ rk_test_ sk-proj- AIza GOCSPX- npm_ pypi- dckr_pat_ hvs. hvb. ya29. shpat_ whsec_
  dop_v1_ doo_v1_ hf_ sq0csp- lin_api_ PMAK- NRAK-a sntrys_ figd_ AGE-SECRET-KEY-1 rubygems_ gsk_ xai-a sbp_ pul-a tvly- tskey-auth- 1//0 AKIAIOSFODNN7EXAMPLE/`
    .split(/\s+/)
    .map((prefix) => prefix + MARK.replaceAll(prefix.endsWith('_') ? /-/g : /(?!)/g, '')),
)('%s is a key', (key) => {
  expect(redactIssued(`got ${key}, then`, '?')).toBe('got ?, then')
})

test.each([
  ['https://hooks.slack.com/services/', ''],
  ['https://discord.com/api/webhooks/123/', ''],
  ['https://outlook.office.com/webhook/', ''],
  ['https://acme.webhook.office.com/webhookb2/', ''],
  ['https://api.telegram.org/bot123456:', ''],
  ['https://hooks.zapier.com/hooks/catch/', ''],
  ['https://hook.eu1.make.com/', ''],
  ['https://maker.ifttt.com/trigger/x/with/key/', ''],
  ['https://events.pagerduty.com/integration/', ''],
  ['https://open.feishu.cn/open-apis/bot/v2/hook/', ''],
])('the path of %s is a secret', (url) => {
  expect(redactIssued(`POST ${url}${MARK}/x 200`, '?')).toBe(`POST ${url}? 200`)
})

test.each([
  'https://discord.com/channels/1/2',
  'https://api.telegram.org/',
  'npm_config_loglevel',
  'sk-button',
  'figd_x',
  'app-17.example.net',
])('%s stays', (text) => {
  expect(redactIssued(text, '?')).toBe(text)
})
