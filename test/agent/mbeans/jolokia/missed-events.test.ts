/** What a stream gets of what it missed: all of it in the end, however much and however large. */
import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { NotificationClient } from '../../../../agent/mbeans/src/jolokia/notification-client.ts'
import { createNotifications } from '../../../../agent/mbeans/src/jolokia/notifications.ts'
import type { NotificationRequest } from '../../../../agent/mbeans/src/jolokia/request.ts'

/** A stream whose reader has taken nothing yet, and all that was written to it. */
function unreadStream() {
  const stream = new Writable({ write() {} })
  const write = stream.write.bind(stream)
  const all: string[] = []
  stream.write = (text: string) => (all.push(text), write(text))
  return { stream: stream as unknown as ServerResponse, text: () => all.join('') }
}

const sse = { mode: 'sse', mbean: '', matches: () => true, filter: [], handback: null } as const

test('an event that is larger than what may be unread is sent, and what follows it with the next stream', () => {
  const client = new NotificationClient('a', 0)
  const listener = client.listeners.get(client.add(sse))!
  const missed = ['x'.repeat(2_000_000), 'y'].map((text, n) => ({ id: n + 1, listener, notification: `"${text}"` }))
  const { stream, text } = unreadStream()
  expect(client.open(stream, 0, missed)).toBe(false)
  expect([stream.destroyed, stream.writableEnded, text().length > 2_000_000, text().includes('"y"')]).toEqual([false, true, true, false])
  const next = unreadStream()
  expect([client.open(next.stream, 1, missed), next.text().includes('"y"')]).toEqual([true, true])
})

test('a client that hears none of many events is told how far it is', () => {
  const event = { name: 'spyglass.pool.leak', resource: 'a:type=b', time: 1, message: 'm' } as SpyglassEvent
  const after = (position: number, limit: number) => Array.from({ length: limit }, (_, n) => ({ event, position: position + n + 1 }))
  const hub = createNotifications({ directory: { resolve: () => ({}) } as never, store: 'a:type=c', now: Date.now, after })
  const ask = (fields: object) => JSON.parse(hub.command(fields as NotificationRequest)) as { id: string }
  const { id: client } = ask({ command: 'register' })
  ask({ command: 'add', client, mode: 'sse', mbean: 'a:*', filter: ['spyglass.pool.exhausted'], handback: null })
  const ended: unknown[] = []
  const { stream } = unreadStream()
  stream.end = ((text: unknown) => ended.push(text)) as never
  hub.open({ client, mode: 'sse' } as NotificationRequest, stream, 7)
  expect(ended).toEqual(['id: 507\n\n'])
  hub.close()
})

test('a pull listener has a cursor: it misses none of many events, and goes on where another client was', () => {
  const event = (n: number) => ({ name: 'spyglass.pool.leak', resource: 'a:type=b', time: n, message: `m${n}` }) as SpyglassEvent
  const events: { event: SpyglassEvent; position: number }[] = []
  const emit = (n: number) => {
    const one = { event: event(n), position: 1000 + n }
    events.push(one)
    hub.publish(one.event, one.position)
  }
  const after = (position: number, limit: number) => events.filter((one) => one.position > position).slice(0, limit)
  const newest = () => events.at(-1)?.position ?? 0
  const hub = createNotifications({ directory: { resolve: () => ({}) } as never, store: 'a:type=c', now: Date.now, after, newest })
  const ask = (fields: object) => JSON.parse(hub.command({ filter: [], handback: null, ...fields } as never)) as never
  const register = (): string => (ask({ command: 'register' }) as { id: string }).id
  const add = (client: string, more: object = {}): string => ask({ command: 'add', client, mode: 'pull', mbean: 'a:*', ...more })
  const pull = (client: string, handle: string) =>
    JSON.parse(hub.pull(client, handle)) as { dropped: number; notifications: { sequenceNumber: number }[] }
  emit(1)
  const client = register()
  const handle = add(client)
  const deaf = add(client, { filter: ['spyglass.server'] })
  for (let n = 2; n <= 252; n++) emit(n)
  const pulls = [1, 2, 3, 4].map(() => pull(client, handle))
  expect(pulls.map(({ dropped, notifications }) => [dropped, notifications.length])).toEqual([
    [0, 100],
    [0, 100],
    [0, 51],
    [0, 0],
  ])
  expect(pulls.flatMap(({ notifications }) => notifications.map(({ sequenceNumber }) => sequenceNumber))).toEqual(
    events.slice(1).map(({ position }) => position),
  )
  expect(pull(client, deaf).notifications).toEqual([])
  const next = register() // after a restart a client is another one
  expect(pull(next, add(next, { after: 1250 })).notifications.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1251, 1252])
  expect(pull(next, add(next)).notifications).toEqual([])
  hub.close()
})
