import { expect, test } from 'vitest'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { Redactor } from '../../../collector/src/redact/redactor.ts'
import { redactEvent, redactRow } from '../../../collector/src/redact/rows.ts'

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

test('an event of our own loses its secrets in its message, attributes and holders, and keeps what it is', () => {
  const redactor = new Redactor()
  const holder = { route: 'GET /', heldMs: 5, statement: "SELECT 'x'", note: 'token=abc' }
  const event = {
    name: 'spyglass.pool.exhausted',
    incidentId: 'i',
    phase: 'raise',
    severity: 'critical',
    resource: 'spyglass:type=Pool,name=p',
    time: 5,
    message: 'failed: password=hunter2',
    attributes: { reason: 'postgres://bob:hunter2@db/x', size: 10, ok: true, token: 'abc' },
    holders: [holder],
  } as unknown as SpyglassEvent
  expect(redactEvent(event, redactor)).toEqual({
    ...event,
    message: 'failed: password=[redacted]',
    attributes: { reason: 'postgres://[redacted]@db/x', size: 10, ok: true, token: '[redacted]' },
    holders: [{ ...holder, statement: 'SELECT ?', note: 'token=[redacted]' }],
  })
  expect(redactor.redacted).toBeGreaterThan(2)
})

test('a raw list of headers in a log line loses the values of secret names', () => {
  const attributes = [['rawHeaders', '["Host","a","Cookie","b=c","X-Api-Key","s"]']] as const
  expect(redactRow({ service: 'shop', body: '', attributes }, new Redactor()).attributes).toEqual([
    ['rawHeaders', '["Host","a","Cookie","[redacted]","X-Api-Key","[redacted]"]'],
  ])
})
