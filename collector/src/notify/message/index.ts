/** What each type of receiver is sent for a page. Mail is not a request: see `mail.ts`. */
import { alertmanagerUrl, toAlertmanager } from '../alertmanager.ts'
import { dingtalk, feishu, slack, teams, wecom } from './chats.ts'
import type { MessageMaker } from './message.ts'
import { pagerduty } from './pagerduty.ts'
import { webhook } from './webhook.ts'

export type { Message } from './message.ts'
export { pageText } from './page-text.ts'

const alertmanager: MessageMaker = ({ url = '' }, page) => [{ url: alertmanagerUrl(url), body: [toAlertmanager(page)] }]

/** It is missed when it does not come, so what it says matters little. */
const watchdog: MessageMaker = ({ url = '' }, { server, startsAt }) => [{ url, body: { server, time: startsAt } }]

export const messageMakers = { webhook, alertmanager, slack, teams, dingtalk, wecom, feishu, pagerduty, watchdog } satisfies Readonly<
  Record<string, MessageMaker>
>
