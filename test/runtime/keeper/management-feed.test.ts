import type { RegistrySnapshot, SpyglassEvent, ToChild } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import type { Generation } from '../../../runtime/src/keeper/generation.ts'
import { noteOf } from '../../../runtime/src/keeper/incidents.ts'
import { ManagementFeed } from '../../../runtime/src/keeper/management-feed.ts'

/** A receiver whose messages leave one at a time, when the test says so. */
function receiver() {
  const got: ToChild[] = []
  const unsent: ((error: Error | null) => void)[] = []
  const generation = {
    send(message: ToChild, sent: (error: Error | null) => void) {
      got.push(message)
      unsent.push(sent)
    },
  } as Pick<Generation, 'send'> as Generation
  return { generation, got, leave: (error: Error | null = null) => unsent.shift()?.(error) }
}

const snapshot = (time: number): RegistrySnapshot => ({ time, resources: [] })
const event: SpyglassEvent = noteOf({ name: 'spyglass.server.started', resource: 'x', message: 'm', time: 1 })

test('of pushes that wait the latest of each source is sent, and one message is under way at a time', () => {
  const feed = new ManagementFeed()
  const { generation, got, leave } = receiver()
  feed.connect(generation)
  for (let time = 1; time <= 100; time++) feed.push('http-1', snapshot(time))
  expect(got).toHaveLength(1)
  leave()
  expect(got.at(-1)).toEqual({ type: 'source', source: 'http-1', snapshot: snapshot(100) })
  leave()
  expect(got).toHaveLength(2)
})

test('events wait for management in order and go before pushes', () => {
  const feed = new ManagementFeed()
  feed.push('http-1', snapshot(1))
  feed.event('http-1', event)
  feed.gone('http-2', false)
  const { generation, got, leave } = receiver()
  feed.connect(generation)
  leave()
  leave()
  expect(got.map(({ type }) => type)).toEqual(['event', 'gone', 'source'])
})

test('an event that could not be sent is sent again to the next generation', () => {
  const feed = new ManagementFeed()
  const first = receiver()
  feed.connect(first.generation)
  feed.event('keeper', event)
  feed.disconnect()
  first.leave(new Error('gone'))
  const second = receiver()
  feed.connect(second.generation)
  expect(second.got).toMatchObject([{ type: 'event', source: 'keeper' }])
})

test('while management is away for long the oldest events are dropped and counted', () => {
  const feed = new ManagementFeed()
  for (let i = 0; i < 10_005; i++) feed.event('keeper', event)
  expect(feed.droppedEvents).toBe(5)
})
