/** Pages for chats. Each has its own form of text, its own signature and its own way to say no. */
import { createHmac } from 'node:crypto'
import type { Page } from '../page.ts'
import type { Answer } from '../post.ts'
import type { MessageMaker } from './message.ts'
import { cutBytes, pageText } from './page-text.ts'

/** Slack reads these three characters as markup. */
const slackText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const slack: MessageMaker = ({ url = '' }, page) => {
  const { title, lines, link, linkText } = pageText(page)
  return [{ url, body: { text: cutBytes([`*${slackText(title)}*`, ...lines.map(slackText), `<${link}|${linkText}>`].join('\n'), 35_000) } }]
}

/** An adaptive card, as workflows of Teams take it. */
export const teams: MessageMaker = ({ url = '' }, page) => {
  const { title, lines, link, linkText } = pageText(page)
  const block = (text: string, more: object = {}): object => ({
    type: 'TextBlock',
    text: cutBytes(markdownText(text), 4000),
    wrap: true,
    ...more,
  })
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      block(title, { weight: 'Bolder', color: page.status === 'resolved' ? 'Good' : 'Attention' }),
      ...lines.map((line) => block(line)),
    ],
    actions: [{ type: 'Action.OpenUrl', title: linkText, url: link }],
  }
  return [{ url, body: { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] } }]
}

export const dingtalk: MessageMaker = ({ url = '', key }, page, now) => {
  const { title } = pageText(page)
  const body = { msgtype: 'markdown', markdown: { title, text: cutBytes(markdownOf(page), 18_000) } }
  return [{ url: key === undefined ? url : dingtalkUrl(url, key, now), body, refusalOf: refusalBy('errcode') }]
}

/** https://open.dingtalk.com/document/robots/customize-robot-security-settings: the signature stands in the address. */
function dingtalkUrl(text: string, key: string, now: number): string {
  const url = new URL(text)
  url.searchParams.set('timestamp', String(now))
  url.searchParams.set('sign', createHmac('sha256', key).update(`${now}\n${key}`).digest('base64'))
  return url.href
}

/** It refuses more than 4096 bytes. */
export const wecom: MessageMaker = ({ url = '' }, page) => [
  { url, body: { msgtype: 'markdown', markdown: { content: cutBytes(markdownOf(page), 4000) } }, refusalOf: refusalBy('errcode') },
]

export const feishu: MessageMaker = ({ url = '', key }, page, now) => {
  const { title, lines, link, linkText } = pageText(page)
  const content = [...lines.map((text) => [{ tag: 'text', text: cutBytes(text, 2000) }]), [{ tag: 'a', text: linkText, href: link }]]
  const body = { msg_type: 'post', content: { post: { [page.language === 'zh' ? 'zh_cn' : 'en_us']: { title, content } } } }
  const seconds = String(Math.floor(now / 1000))
  return [
    { url, body: key === undefined ? body : { timestamp: seconds, sign: feishuSign(seconds, key), ...body }, refusalOf: refusalBy('code') },
  ]
}

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: time and key are the key, and nothing is signed. */
const feishuSign = (seconds: string, key: string): string => createHmac('sha256', `${seconds}\n${key}`).digest('base64')

function markdownOf(page: Page): string {
  const { title, lines, link, linkText } = pageText(page)
  return [`**${markdownText(title)}**`, ...lines.map(markdownText), `[${linkText}](${link})`].join('\n\n')
}

/** A statement or a path must not become bold or a link. */
const markdownText = (text: string): string => text.replaceAll(/[\\`*_[\]<>#]/g, (character) => `\\${character}`)

/** Some answer 200 and say no in the body. */
function refusalBy(member: string): (answer: Answer) => string | undefined {
  return ({ text }) => {
    try {
      const code = (JSON.parse(text) as Readonly<Record<string, unknown>>)[member]
      return code === 0 ? undefined : `200 with ${member} ${typeof code === 'number' ? code : 'missing'}`
    } catch {
      return '200 with a body that is not JSON'
    }
  }
}
