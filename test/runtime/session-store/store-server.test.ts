/** What the store says to whom: over a real socket, in the messages that instances send. */
import { connectLocally, MessageStream } from '@spyglass/process/channel'
import { expect, test } from 'vitest'
import { newSessionId } from '../../../runtime/src/session/session-id.ts'
import type { FromStore, ToStore } from '../../../runtime/src/session/server-store/messages.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { accessTo, startStore } from '../session/fixture.ts'

function connect(socket: string, hello: Partial<Extract<ToStore, { do: 'hello' }>> = {}) {
  const heard: FromStore[] = []
  const state = { isOpen: true }
  const stream = new MessageStream(connectLocally(socket), {
    onMessage: (message) => void heard.push(message as FromStore),
    onEnd: () => (state.isOpen = false),
  })
  const { token } = accessTo(socket).secrets['visitors']!
  const send = (message: ToStore): void => stream.send(message)
  send({ do: 'hello', space: 'visitors', token, leaseMs: 1000, maxSessions: 10, maxTotalBytes: 100_000, ...hello })
  return { heard, state, send, close: () => stream.close() }
}

const id = newSessionId()
const create: ToStore = { id: 1, do: 'create', session: id, text: '{}', createdAt: 0, until: Date.now() + 60_000 }
const write: ToStore = { id: 3, do: 'write', session: id, version: 1, text: '{"a":1}', until: Date.now() + 60_000, mark: 'm' }

test('a change is acknowledged when the other instance has confirmed that its copy is dropped', async () => {
  const store = await startStore(tempFolder())
  const [one, other] = [connect(store.socket), connect(store.socket)]
  one.send(create)
  await until(() => one.heard.length === 1)
  other.send({ id: 2, do: 'read', session: id })
  await until(() => other.heard.length === 1)
  one.send(write)
  await until(() => other.heard.length === 2)
  expect([one.heard.length, other.heard[1]]).toEqual([1, { is: 'old', session: id, change: 1 }])
  other.send({ do: 'dropped', change: 1 })
  await until(() => one.heard.length === 2)
  expect(one.heard[1]).toMatchObject({ id: 3, is: 'written', stored: { version: 2 } })
  for (const each of [one, other]) each.close()
  await store.end()
})

test.each([
  ['a wrong token', { token: 'x'.repeat(43) }],
  ['a token of another length', { token: '' }],
  ['the token of other sessions', { space: 'others' }],
  ['a name that is a path', { space: '../visitors' }],
])('with %s the connection is closed', async (_what, hello) => {
  const store = await startStore(tempFolder())
  const caller = connect(store.socket, hello)
  caller.send(create)
  await until(() => !caller.state.isOpen)
  expect([caller.heard, store.spaces.size]).toEqual([[], 0])
  await store.end()
})

test('limits hold as the last instance has said', async () => {
  const store = await startStore(tempFolder())
  const caller = connect(store.socket, { maxSessions: 0 })
  caller.send(create)
  await until(() => caller.heard.length === 1)
  expect(caller.heard[0]).toEqual({ id: 1, is: 'full' })
  caller.close()
  await store.end()
})
