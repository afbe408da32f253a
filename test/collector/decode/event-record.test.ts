import { expect, test } from 'vitest'
import { incidentId } from '@spyglass/agent/contract'
import { eventOf } from '../../../collector/src/decode/event-record.ts'
import { eventBlock } from '../../../collector/src/decode/event-rows.ts'
import { submissionOf } from '../../../collector/src/own-events.ts'
import { readNative } from '../../support/native.ts'

const record = { name: 'spyglass.instance.down', attributes: new Map<string, string>(), message: 'm', time: 5 }

test('a record without an incident id gets the one that its raise would have', () => {
  expect(eventOf(record)).toMatchObject({ incidentId: incidentId('spyglass.instance.down', '', 5), phase: 'raise', severity: 'critical' })
})

test('an undeclared name is not an event, and holders that are not a list are dropped', () => {
  expect(eventOf({ ...record, name: 'spyglass.nothing' })).toBeUndefined()
  for (const holders of ['{', '{"a":1}', '[1]']) {
    expect(eventOf({ ...record, attributes: new Map([['spyglass.event.holders', holders]]) })).not.toHaveProperty('holders')
  }
})

test('an event of the collector itself becomes a log record and a row of events, known again by its incident and phase', () => {
  const event = eventOf({ ...record, attributes: new Map([['rule', 'x']]) })!
  const submission = submissionOf(event, 'collector', 'prod')
  const [logs, events] = submission.blocks.map((block) => readNative(block.encode('b')))
  expect(logs).toMatchObject([{ EventName: 'spyglass.instance.down', SeverityText: 'FATAL', ServiceName: 'collector', Body: 'm' }])
  expect(events).toEqual(readNative(eventBlock([{ event, server: 'prod', service: 'collector', instance: 'collector' }]).encode('b')))
  expect(submissionOf(event, 'collector', 'prod').hash).toBe(submission.hash)
  expect(submissionOf({ ...event, phase: 'clear' }, 'collector', 'prod').hash).not.toBe(submission.hash)
})

test('the application of an event is the one in its resource, else the one that the sender names', () => {
  const application = (resource: string, attributes: ReadonlyMap<string, string> = new Map()): unknown => {
    const event = { ...eventOf({ ...record, attributes: new Map(attributes) })!, resource }
    return readNative(eventBlock([{ event, server: 'prod', service: 'prod', instance: 'management@9f8e7d6c' }]).encode('b'))[0]?.[
      'Application'
    ]
  }
  const named = new Map([['spyglass.application', 'shop']])
  expect(application('spyglass:type=Application,instance=shop-1,name=other', named)).toBe('other')
  expect(application('spyglass:type=Loader,instance=shop-1,application=other')).toBe('other')
  expect(application('spyglass:type=Instance,name=shop-1', named)).toBe('shop')
  expect(application('spyglass:type=DataSource,instance=shop-1,name=main', named)).toBe('shop')
  expect(application('spyglass:type=Instance,name=http-1')).toBe('')
})
