import { events } from '@spyglass/agent/contract'
import { shippedRules } from '@spyglass/dashboards'
import { kinds } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { eventLabels } from '../../../collector/src/words/chinese-events.ts'
import { chineseRules } from '../../../collector/src/words/chinese-rules.ts'
import { resourceTypes } from '../../../collector/src/words/chinese-resources.ts'
import { english, wordsOf } from '../../../collector/src/words/index.ts'

const chinese = wordsOf('zh')
const HAN = /\p{Script=Han}/u
const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([one]) => one).toSorted()

test('every rule that comes with the version has its text, help and title in Chinese, with the same labels', () => {
  for (const { name, text } of shippedRules()) {
    const translated = chineseRules[name]
    expect(translated, `${name} has no Chinese text: add it to collector/src/words/chinese-rules.ts`).toBeDefined()
    expect([name, placeholders(translated?.text ?? '')]).toEqual([name, placeholders(text)])
  }
  for (const { title, text, help } of Object.values(chineseRules)) for (const one of [title, text, help]) expect(one).toMatch(HAN)
})

test('every event has a name in Chinese', () => {
  expect(Object.keys(eventLabels).toSorted()).toEqual(Object.keys(events).toSorted())
  for (const label of Object.values(eventLabels)) expect(label).toMatch(HAN)
})

test('every kind of resource has a name in Chinese', () => {
  for (const type of [...Object.values(kinds).map((kind) => kind.type), 'Service'])
    expect([type, resourceTypes[type] ?? 'add it to collector/src/words/chinese-resources.ts']).toEqual([type, expect.stringMatching(HAN)])
})

/** What each sentence is called with. */
const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  duration: [15_000],
  subject: ['spyglass:type=Datasource,instance=http-1,name=shop'],
  ruleTitle: ['PoolExhausted'],
  ruleText: ['PoolExhausted', 'text'],
  ruleHelp: ['PoolExhausted', 'help'],
  share: ['5 %', '1', '20'],
  forecast: ['80 %', 600_000],
  burn: [{ share: '5 %', overMs: 3_600_000, part: 1, all: 20, allowed: '0.5 %' }],
  changed: ['9 ms', '3 ms', 86_400_000],
  exhausted: ['spyglass:type=Datasource,instance=http-1,name=shop', { route: '', location: '', heldMs: 9000 }],
  isExhausted: ['spyglass:type=Datasource,instance=http-1,name=shop', 'm'],
  wasExhausted: ['spyglass:type=Datasource,instance=http-1,name=shop'],
  instanceDown: ['http-1', 'm'],
  crashLoop: [{ name: 'http-1', count: 3, withinMs: 600_000, message: 'm' }],
  rehearsal: ['Mara'],
  ofServer: ['east', 's'],
  pagingBroken: [{ receiver: 'mail', waiting: 2, reason: undefined }],
  stillFiring: [60_000],
  unacknowledged: [60_000],
  recovered: [{ subject: 's', ms: 60_000, failedRequests: 2 }],
  missed: ['s'],
  companions: [2, ['a', 'b'], true],
  stopping: ['east'],
  watches: ['east'],
  test: ['Mara'],
  title: [{ status: 'firing', rule: 'PoolExhausted', severity: 'critical', server: 'east' }],
  since: ['a', 'b'],
  acknowledgedBy: ['Mara'],
  usual: [{ what: 'w', now: '1', usual: '2', limit: '3' }],
  holder: [{ connection: 1, heldMs: 1000, route: 'r', location: 'l', statement: 's', blockers: [{ id: 1 }, { id: 2, connection: 3 }] }],
  route: [{ route: 'r', requests: 2, errors: 1, p95: '9 ms' }],
  exception: [{ type: 't', message: 'm', location: 'l', count: 2 }],
  statement: [{ statement: 's', location: 'l', calls: 2, totalMs: 9000 }],
  change: [{ time: 't', name: 'spyglass.instance.reloaded', message: 'm' }],
  trace: ['l'],
  runbook: ['l'],
  takesCare: [{ by: 'Mara', rule: 'r', subject: 's', note: 'n' }],
  silences: [{ by: 'Mara', matchers: 'm', until: 'u', comment: 'c' }],
  endsSilence: ['Mara', 'm'],
  accepted: ['mail', 'firing', 2],
  pages: ['PoolExhausted', 's'],
  resolved: ['PoolExhausted', 's'],
}

/** Those that say the same in all languages, but for the sign between. */
const SIGNS = new Set(['measured'])

test('every sentence is there in Chinese, and says all that the English one says', () => {
  const functions = Object.keys(english).filter((name) => typeof english[name as keyof typeof english] === 'function')
  expect(functions.filter((name) => !SIGNS.has(name)).toSorted()).toEqual(Object.keys(SAMPLES).toSorted())
  for (const [name, given] of Object.entries(SAMPLES)) {
    const [en, zh] = [english, chinese].map((words) =>
      (words as unknown as Record<string, (...all: unknown[]) => string>)[name]?.(...given),
    )
    expect([name, zh]).toEqual([name, expect.stringMatching(HAN)])
    expect(zh).not.toBe(en)
    expect(zh).not.toMatch(/undefined|\[object|NaN/)
  }
  for (const group of ['statuses', 'severities', 'links', 'measures'] as const) {
    expect(Object.keys(chinese[group])).toEqual(Object.keys(english[group]))
    for (const text of Object.values(chinese[group])) expect(text).toMatch(HAN)
  }
})

test('durations are shown in the unit that suits them', () => {
  const times = [350, 15_000, 14_230, 600_000, 7_200_000]
  expect(times.map((ms) => english.duration(ms))).toEqual(['350 ms', '15 s', '14.2 s', '10 min', '2 h'])
  expect(times.map((ms) => chinese.duration(ms))).toEqual(['350 毫秒', '15 秒', '14.2 秒', '10 分钟', '2 小时'])
})

test('what a page says of an incident reads as an operator writes it', () => {
  expect(chinese.title({ status: 'firing', rule: 'PoolExhausted', severity: 'critical', server: 'west' })).toBe(
    '【告警】west：连接池耗尽（PoolExhausted），级别：严重',
  )
  expect(
    chinese.exhausted('spyglass:type=Datasource,instance=shop-1,name=shop', {
      route: 'GET /cart',
      location: 'src/cart.ts:12',
      heldMs: 15_000,
    }),
  ).toBe('shop-1 的连接池 shop 已耗尽：GET /cart（src/cart.ts:12） 占用一个连接已达 15 秒')
  expect(english.recovered({ subject: 'Pool shop of http-1', ms: 240_000, failedRequests: 212 })).toBe(
    'Pool shop of http-1 recovered after 4 min; 212 requests failed.',
  )
})

test('a page of a version that named no language is English', () => {
  expect(wordsOf(undefined)).toBe(english)
})
