/** The headings of the file about an incident, in the language of the pages. */
import type { Language } from '../../words/index.ts'

export const chineseHeadings = {
  '{rule} of {server}': '{server}：{rule}',
  Event: '事件',
  'What happened': '经过',
  Time: '时间',
  What: '内容',
  'Who held connections': '谁占用了连接',
  'Routes that failed': '失败的路由',
  Errors: '错误',
  'Failed requests': '失败的请求',
  'What changed before': '此前的变更',
  Log: '日志',
  'What to do': '处置方法',
  'Missing: ': '缺少：',
  'Written {time} by Spyglass. Times are UTC.': '由 Spyglass 生成于 {time}，时间均为 UTC。',
  State: '状态',
  Severity: '级别',
  Resource: '资源',
  Service: '服务',
  Began: '开始时间',
  Ended: '结束时间',
  'Taken care of by': '认领人',
  Incident: '故障编号',
  Route: '路由',
  Requests: '请求数',
  Failed: '失败',
  Type: '类型',
  Message: '信息',
  Where: '位置',
  Count: '次数',
  Trace: '调用链',
  Status: '状态码',
  'Time in ms': '耗时（毫秒）',
  Text: '内容',
  Connection: '连接',
  Held: '占用时间',
  'Borrowed at': '借用位置',
  'Last statement': '最近的 SQL',
} as const

export type Heading = keyof typeof chineseHeadings

/** Gives a heading with its `{name}`s filled in. */
export type Headings = (heading: Heading, values?: Readonly<Record<string, string>>) => string

export const headingsOf =
  (language: Language = 'en'): Headings =>
  (heading, values = {}) => {
    const text = language === 'zh' ? chineseHeadings[heading] : heading
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? '') : whole))
  }
