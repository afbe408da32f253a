import { expect, test } from 'vitest'
import { Redactor } from '../../../collector/src/redact/redactor.ts'
import { redactRow } from '../../../collector/src/redact/rows.ts'

const row = {
  service: 'shop',
  body: 'login password=hunter2',
  attributes: [
    ['db.statement', "SELECT 'x'"],
    ['db.system', 'postgresql'],
    ['token', 'abc'],
    ['max_tokens', '500'],
    ['url.query', 'q=1'],
    ['note', 'nothing'],
  ] as const,
}

test('a line of a log file loses its secrets, and they are counted', () => {
  const redactor = new Redactor()
  expect(redactRow(row, redactor)).toEqual({
    service: 'shop',
    body: 'login password=[redacted]',
    attributes: [
      ['db.statement', 'SELECT ?'],
      ['db.system', 'postgresql'],
      ['token', '[redacted]'],
      ['max_tokens', '500'],
      ['url.query', 'q=?'],
      ['note', 'nothing'],
    ],
  })
  expect(redactor.redacted).toBe(4)
})

test('lines of an excepted service stay as they are', () => {
  const redactor = new Redactor({ except: ['shop'] })
  expect(redactRow(row, redactor)).toBe(row)
  expect(redactor.redacted).toBe(0)
})
