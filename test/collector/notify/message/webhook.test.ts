import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { webhook } from '../../../../collector/src/notify/message/webhook.ts'
import { pageFor } from '../pages.ts'
import { receiverConfig } from '../receiver.ts'

test('with a key the time and the body are signed', () => {
  const [message] = webhook(receiverConfig({ key: 'secret' }), pageFor(), 1_700_000_000_999)
  const v1 = createHmac('sha256', 'secret').update('1700000000.{"a":1}').digest('hex')
  expect(message?.headersOf?.('{"a":1}')).toEqual({ 'x-spyglass-signature': `t=1700000000,v1=${v1}` })
  expect(webhook(receiverConfig(), pageFor(), 0)[0]?.headersOf).toBeUndefined()
})

test('a template is filled with members of the page, and what the page lacks is empty', () => {
  const template =
    '{"text": "{{severity}}: {{ summary }}", "to": ["{{links.console}}", 7, null], "more": "{{attributes.pool}}{{nothing.here}}{{toString}}"}'
  const page = pageFor({ attributes: { pool: 'shop' } })
  expect(webhook(receiverConfig({ template }), page, 0)[0]?.body).toEqual({
    text: `critical: ${page.summary}`,
    to: [page.links.console, 7, null],
    more: 'shop',
  })
})

test('whatever a page says, the document keeps its form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (summary) => {
      const [message] = webhook(receiverConfig({ template: '{"a": "{{summary}}", "b": 1}' }), pageFor({ summary }), 0)
      expect(message?.body).toEqual({ a: summary, b: 1 })
    }),
  )
})
