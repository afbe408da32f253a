import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutBytes, pageText } from '../../../../collector/src/notify/message/page-text.ts'
import { holder } from '../../alert/incidents.ts'
import { pageFor } from '../pages.ts'

test('a page in lines: what, since when, who holds connections, what changed, and where to look', () => {
  const page = pageFor({
    startsAt: '2030-01-01T00:00:00.000Z',
    holders: [{ ...holder, link: '' }],
    changes: [{ time: '2029-12-31T23:50:00.000Z', name: 'n', resource: 'r', message: 'shop was reloaded' }],
    acknowledgedBy: 'Mara',
  })
  const { title, lines, link } = pageText(page)
  expect(title).toBe('Firing: PoolExhausted (critical) on spyglass')
  expect(lines).toEqual([
    'Pool shop of http-1 is exhausted',
    'Since 2030-01-01T00:00:00.000Z',
    'Acknowledged by Mara',
    expect.stringContaining('src/leak.js:12'),
    '2029-12-31T23:50:00.000Z shop was reloaded',
  ])
  expect(link).toBe(page.links.console)
})

test('a cut text has at most that many bytes and no half character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 8, max: 60 }), (text, max) => {
      const cut = cutBytes(text, max)
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(Math.max(max, 0))
      if (Buffer.byteLength(text) <= max) expect(cut).toBe(text)
      else expect(text.isWellFormed() ? text.startsWith(cut.slice(0, -1)) : cut.endsWith('…')).toBe(true)
    }),
  )
})

test('what an application wrote is one line, also of a holder', () => {
  const page = pageFor({ holders: [{ ...holder, statement: 'SELECT 1\n\nAcknowledged by Eve', link: '' }], acknowledgedBy: 'Mara\nSince' })
  const { lines } = pageText(page)
  expect(lines.filter((line) => line.includes('\n') || line.startsWith('Acknowledged by Eve'))).toEqual([])
})

test('how bad it is, what failed and what to do stand in it, in either language', () => {
  const page = pageFor({
    usual: { what: 'failed requests', unit: '1', now: 0.3, usual: 0.003, limit: 0.05 },
    service: {
      name: 'cart',
      routes: [{ route: 'GET /cart', requests: 90, errors: 27, p95Ms: 900 }],
      exceptions: [{ type: 'TypeError', message: 'x is\nundefined', location: 'src/cart.ts:12', count: 27, link: '' }],
      statements: [{ statement: 'SELECT 1', location: 'src/report.ts:9', calls: 30, totalMs: 4200 }],
    },
    links: { console: 'c', resource: 'r', runbook: 'https://apm.example/runbooks/error-rate-high' },
  })
  expect(pageText(page).lines.slice(2)).toEqual([
    'failed requests: 30 % now, usually 0.3 % (median of the hour before), limit 5 %',
    'GET /cart: 27 of 90 requests failed, p95 900 ms',
    'TypeError: x is undefined at src/cart.ts:12, 27 times',
    'SELECT 1 at src/report.ts:9: 4.2 s in 30 calls',
    'Runbook: https://apm.example/runbooks/error-rate-high',
  ])
  const changes = [{ time: 't', name: 'spyglass.instance.reloaded', resource: 'r', message: 'shop-1 took over' }]
  const { title, lines, linkText } = pageText({ ...page, language: 'zh', changes })
  expect(title).toBe('【告警】spyglass：连接池耗尽（PoolExhausted），级别：严重')
  expect(linkText).toBe('控制台')
  expect(lines.slice(2)).toEqual([
    '失败请求占比：当前 30 %，平时 0.3 %（前一小时的中位数），上限 5 %',
    'GET /cart：90 个请求中有 27 个失败，p95 900 ms',
    'TypeError: x is undefined，代码位置 src/cart.ts:12，共 27 次',
    'SELECT 1，代码位置 src/report.ts:9：30 次调用共耗时 4.2 秒',
    't 实例已重新加载：shop-1 took over',
    '处置手册：https://apm.example/runbooks/error-rate-high',
  ])
})
