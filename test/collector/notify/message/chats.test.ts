import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { dingtalk, feishu, slack, teams, wecom } from '../../../../collector/src/notify/message/chats.ts'
import { pageFor } from '../pages.ts'
import { receiverConfig } from '../receiver.ts'

const NOW = 1_700_000_000_123
const page = pageFor({ summary: 'a<b> & *c* [d](http://e) in 连接池' })
const config = receiverConfig({ url: 'https://chat.example/send?access_token=t', key: 'SEC' })

test('Slack: what it reads as markup is text', () => {
  const [message] = slack(config, page, NOW)
  expect(message?.body).toMatchObject({ text: expect.stringContaining('a&lt;b&gt; &amp; *c*') as string })
  expect((message!.body as { text: string }).text).toContain(`<${page.links.console}|Console>`)
})

test('Teams: an adaptive card with the address of the incident', () => {
  const [message] = teams(config, page, NOW)
  expect(message?.body).toMatchObject({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: { type: 'AdaptiveCard', actions: [{ type: 'Action.OpenUrl', url: page.links.console }] },
      },
    ],
  })
})

test('DingTalk: time and signature stand in the address, beside its token', () => {
  const [message] = dingtalk(config, page, NOW)
  const { searchParams } = new URL(message?.url ?? '')
  expect(Object.fromEntries(searchParams)).toEqual({
    access_token: 't',
    timestamp: String(NOW),
    sign: createHmac('sha256', 'SEC').update(`${NOW}\nSEC`).digest('base64'),
  })
  expect(message?.body).toMatchObject({ msgtype: 'markdown', markdown: { title: 'Firing: PoolExhausted (critical) on spyglass' } })
  expect(dingtalk(receiverConfig({ url: 'https://chat.example/send' }), page, NOW)[0]?.url).toBe('https://chat.example/send')
})

test('WeCom: a long page is cut to what it accepts, in characters that are whole', () => {
  const [message] = wecom(config, pageFor({ summary: '连'.repeat(5000) }), NOW)
  const { content } = (message!.body as { markdown: { content: string } }).markdown
  expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4096)
  expect(content.isWellFormed()).toBe(true)
  expect(content).not.toContain('\uFFFD')
})

test('Feishu: time and signature stand in the body, and only with a key', () => {
  const [message] = feishu(config, page, NOW)
  const seconds = String(Math.floor(NOW / 1000))
  expect(message?.body).toMatchObject({
    timestamp: seconds,
    sign: createHmac('sha256', `${seconds}\nSEC`).update('').digest('base64'),
    msg_type: 'post',
  })
  expect(feishu(receiverConfig({ url: 'https://chat.example/' }), page, NOW)[0]?.body).not.toHaveProperty('sign')
})

test('a statement becomes neither bold nor a link in markdown', () => {
  const [message] = wecom(config, page, NOW)
  expect((message!.body as { markdown: { content: string } }).markdown.content).toContain('a\\<b\\> & \\*c\\* \\[d\\](http://e)')
})
