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
