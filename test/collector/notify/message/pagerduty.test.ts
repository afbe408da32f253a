import { expect, test } from 'vitest'
import { pagerduty } from '../../../../collector/src/notify/message/pagerduty.ts'
import { pageFor } from '../pages.ts'
import { receiverConfig } from '../receiver.ts'

const config = receiverConfig({ type: 'pagerduty', key: 'routing-key' })
const sent = (over: Parameters<typeof pageFor>[0]) =>
  pagerduty(config, pageFor(over), 0).map(({ url, body }) => ({ url, ...(body as object) }))

test('an incident is opened and ended under its own id', () => {
  const key = { url: 'https://events.pagerduty.com/v2/enqueue', routing_key: 'routing-key', dedup_key: '00112233aabbccdd' }
  const [trigger, ...others] = sent({ summary: 'x'.repeat(2000) })
  expect(others).toEqual([])
  expect(trigger).toMatchObject({
    ...key,
    event_action: 'trigger',
    payload: { severity: 'critical', source: 'spyglass', class: 'PoolExhausted' },
  })
  expect((trigger as unknown as { payload: { summary: string } }).payload.summary).toHaveLength(1024)
  expect(sent({ status: 'resolved' })).toEqual([{ ...key, event_action: 'resolve' }])
})

test('one that was missed is opened and ended, and a test leaves nothing open', () => {
  for (const over of [{ status: 'resolved', wasMissed: true }, { status: 'test' }] as const)
    expect(sent(over)).toMatchObject([{ event_action: 'trigger' }, { event_action: 'resolve' }])
})

test('a stop is a change, no incident', () => {
  expect(sent({ status: 'notice' })).toMatchObject([{ url: 'https://events.pagerduty.com/v2/change/enqueue', routing_key: 'routing-key' }])
})
