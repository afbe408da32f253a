import { expect, test } from 'vitest'
import { evidenceLines, holderLine, shown } from '../../../collector/src/notify/evidence-lines.ts'
import { blockedHolder, holder } from '../alert/incidents.ts'

test('a holder says how long, who, where and what; of one that waits, for whom', () => {
  expect(holderLine({ ...holder, link: '' })).toBe(
    'connection 1 held 14.2 s by GET /shop/leak at src/leak.js:12: SELECT id FROM carts WHERE open = ?',
  )
  expect(holderLine({ ...blockedHolder, link: '' })).toContain('blocked by connection 1: ')
  expect(holderLine({ ...blockedHolder, link: '' }, 'zh')).toBe(
    '连接 2 已占用 9.1 秒，请求 GET /shop/leak，代码位置 src/leak.js:12，被连接 1 阻塞，SQL：SELECT id FROM carts WHERE open = ?',
  )
})

test('what is not known is left out', () => {
  expect(evidenceLines({ holders: [] })).toEqual([])
  expect(evidenceLines({ holders: [], usual: { what: 'lent', unit: '', usual: 2 } })).toEqual([
    'lent: usually 2 (median of the hour before)',
  ])
  expect(evidenceLines({ holders: [], language: 'zh', usual: { what: 'delayP99', unit: 's', now: 0.4, usual: 0.02 } })).toEqual([
    'delayP99：当前 400 ms，平时 20 ms（前一小时的中位数）',
  ])
})

test('numbers have the unit that people read', () => {
  expect([shown(0.055, '1'), shown(0.34, 's'), shown(2, 's'), shown(13_107_200, 'By'), shown(3.14159, 'ms'), shown(7, '')]).toEqual([
    '5.5 %',
    '340 ms',
    '2 s',
    '12.5 MiB',
    '3.1 ms',
    '7',
  ])
})
