/** What people read, in Chinese as operators write it: full-width punctuation, terms of the field, names that tools match left as they are. */
import { type EventName, keysOf } from '@spyglass/agent/contract'
import { eventLabels } from './chinese-events.ts'
import { chineseRules } from './chinese-rules.ts'
import { resourceTypes } from './chinese-resources.ts'
import type { Words } from './words.ts'

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} 毫秒`
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} 秒`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} 分钟` : `${Math.round(ms / 3_600_000)} 小时`
}

function subject(resource: string): string {
  const { type = '', name = '', process, instance = process } = keysOf(resource)
  const named = [resourceTypes[type] ?? type, name].filter(Boolean).join(' ')
  return instance === undefined ? named : `${instance} 的${named}`
}

const statuses = { firing: '告警', reminder: '告警持续中', resolved: '已恢复', notice: '通知', test: '测试' } as const
const severities = { info: '提示', warning: '警告', critical: '严重' } as const

const ruleTitle = (rule: string): string => {
  const title = chineseRules[rule]?.title
  return title === undefined ? rule : `${title}（${rule}）`
}

const isEvent = (name: string): name is EventName => Object.hasOwn(eventLabels, name)

export const chinese: Words = {
  language: 'zh',
  duration,
  subject,
  ruleTitle,
  ruleText: (rule, text) => chineseRules[rule]?.text ?? text,
  ruleHelp: (rule, help) => chineseRules[rule]?.help ?? help,
  measured: (text, detail) => `${text}：${detail}`,
  share: (share, part, of) => `${share}（${of} 中有 ${part}）`,
  forecast: (present, leftMs) => `当前 ${present}，预计约 ${duration(leftMs)}后用满`,
  burn: ({ share, overMs, part, all, allowed }) =>
    `最近 ${duration(overMs)}内占 ${share}（${all} 个请求中有 ${part} 个），目标只允许 ${allowed}`,
  changed: (now, before, agoMs) => `当前 ${now}，${duration(agoMs)}前为 ${before}`,
  exhausted(resource, { route, location, heldMs }) {
    const who = [route, location && `（${location}）`].filter(Boolean).join('') || '不属于任何请求的借用者'
    return `${subject(resource)} 已耗尽：${who} 占用一个连接已达 ${duration(heldMs)}`
  },
  isExhausted: (resource, message) => `${subject(resource)} 已耗尽。${message}`,
  wasExhausted: (resource) => `${subject(resource)} 已耗尽：告警启动时就已如此`,
  instanceDown: (name, message) => `实例 ${name} 已宕机。${message}`,
  crashLoop: ({ name, count, withinMs, message }) => `实例 ${name} 在 ${duration(withinMs)}内崩溃了 ${count} 次。${message}`,
  rehearsal: (by) => `这是 ${by} 发起的演练，并没有发生故障。`,
  ofServer: (server, summary) => `服务器 ${server}：${summary}`,
  pagingBroken: ({ receiver, waiting, reason }) => `接收方 ${receiver} 无法接收告警，${waiting} 条待发送：${reason ?? '原因不明'}。`,

  stillFiring: (ms) => `告警已持续 ${duration(ms)}。`,
  unacknowledged: (ms) => `已有 ${duration(ms)}无人认领。`,
  recovered: ({ subject: what, ms, failedRequests: failed }) =>
    `${what} 已恢复，历时 ${duration(ms)}${failed === 0 ? '' : `，期间 ${failed} 个请求失败`}。`,
  missed: (summary) => `故障开始时该接收方无法接收告警，当时的情况：${summary}`,
  companions: (count, subjects, isMore) => `（另有 ${count} 个：${subjects.join('、')}${isMore ? ' 等' : ''}）`,
  stopping: (server) => `服务器 ${server} 正在按计划停止，再次启动前不会发送任何数据。`,
  watches: (server) => `${server} 监控正常。`,
  test: (by) => `这是 ${by} 发送的测试消息，并没有发生故障。`,

  statuses,
  severities,
  title: ({ status, rule, severity, server }) => `【${statuses[status]}】${server}：${ruleTitle(rule)}，级别：${severities[severity]}`,
  since: (from, to) => (to === undefined ? `开始时间：${from}` : `开始时间：${from}，结束时间：${to}`),
  acknowledgedBy: (by) => `认领人：${by}`,
  usual({ what, now, usual, limit }) {
    const parts = [now && `当前 ${now}`, `平时 ${usual}（前一小时的中位数）`, limit && `上限 ${limit}`]
    return `${what}：${parts.filter(Boolean).join('，')}`
  },
  holder({ connection, heldMs, route, location, statement, blockers }) {
    const blocked = blockers.map(({ id, connection: own }) => (own === undefined ? `会话 ${id}` : `连接 ${own}`)).join('、')
    const parts = [
      `连接 ${connection} 已占用 ${(heldMs / 1000).toFixed(1)} 秒`,
      route && `请求 ${route}`,
      location && `代码位置 ${location}`,
      blocked && `被${blocked} 阻塞`,
      statement && `SQL：${statement}`,
    ]
    return parts.filter(Boolean).join('，')
  },
  route: ({ route, requests, errors, p95 }) => `${route}：${requests} 个请求中有 ${errors} 个失败，p95 ${p95}`,
  exception: ({ type, message, location, count }) =>
    `${[type, message].filter(Boolean).join(': ')}${location && `，代码位置 ${location}`}，共 ${count} 次`,
  statement: ({ statement, location, calls, totalMs }) =>
    `${statement}${location && `，代码位置 ${location}`}：${calls} 次调用共耗时 ${duration(totalMs)}`,
  change: ({ time, name, message }) => `${time} ${isEvent(name) ? `${eventLabels[name]}：` : ''}${message}`,
  trace: (link) => `调用链：${link}`,
  runbook: (link) => `处置手册：${link}`,
  links: { console: '控制台', trace: '调用链', runbook: '处置手册' },
  measures: { lent: '已借出连接', waiting: '等待连接的请求', requests: '请求数', errors: '错误数', 'failed requests': '失败请求占比' },

  takesCare: ({ by, rule, subject: what, note }) => `${by} 已认领 ${what} 的告警 ${rule}${note && `：${note}`}`,
  silences: ({ by, matchers, until, comment }) => `${by} 静默 ${matchers}，截至 ${until}：${comment}`,
  endsSilence: (by, matchers) => `${by} 结束了对 ${matchers} 的静默`,
  accepted: (receiver, status, attempt) => `${receiver} 已接收：${statuses[status]}${attempt === 1 ? '' : `（第 ${attempt} 次尝试）`}`,
  pages: (rule, summary) => `${ruleTitle(rule)} 触发：${summary}`,
  resolved: (rule, summary) => `${ruleTitle(rule)} 已恢复：${summary}`,
}
