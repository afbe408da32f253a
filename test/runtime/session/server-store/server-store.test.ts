/** The instance's side: what happens when the store restarts, is silent, or says that a copy is old. */
import net from 'node:net'
import { join } from 'node:path'
import { listenLocally, MessageStream } from '@spyglass/process/channel'
import { expect, test } from 'vitest'
import { newSessionId } from '../../../../runtime/src/session/session-id.ts'
import type { Lent } from '../../../../runtime/src/session/session-store.ts'
import type { FromStore, ToStore } from '../../../../runtime/src/session/server-store/messages.ts'
import { ServerStore } from '../../../../runtime/src/session/server-store/server-store.ts'
import { until } from '../../../support/until.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { accessTo, config, startStore } from '../fixture.ts'

const fresh = () => ({ text: '{"a":1}', createdAt: Date.now(), until: Date.now() + 60_000 })

function openClient(path: string, changes: Partial<typeof config> = {}) {
  const copies = new Map<string, Lent>()
  const store = new ServerStore({
    path,
    token: accessTo(path).secrets['visitors']!.token,
    config: () => ({ ...config, ...changes }),
    observer: {
      lent: (id, lent) => copies.set(id, lent),
      dropped: (id) => (id === undefined ? copies.clear() : copies.delete(id)),
    },
  })
  return { store, copies }
}

test('what is asked while the store restarts is answered by the next one, and nothing is lost', async () => {
  const folder = tempFolder()
  const first = await startStore(folder)
  const { store, copies } = openClient(first.socket)
  const id = newSessionId()
  await store.create(id, fresh())
  await first.end()
  const reading = store.read(id)
  const writing = store.write(id, { version: 1, text: '{"a":2}', until: Date.now() + 60_000 })
  const second = await startStore(folder)
  expect([(await reading)?.version, (await writing).is]).toEqual([1, 'written'])
  expect(await store.read(id)).toMatchObject({ version: 2, text: '{"a":2}' })
  expect(copies.get(id)?.version).toBe(2)
  store.close()
  await second.end()
})

test('a store that is gone: the copies are dropped, and each question ends in time', async () => {
  const server = await startStore(tempFolder())
  const { store, copies } = openClient(server.socket, { timeoutMs: 50 })
  const id = newSessionId()
  await store.create(id, fresh())
  expect(copies.size).toBe(1)
  await server.end()
  await expect(store.read(id)).rejects.toMatchObject({ code: 'SPY_SESSION_STORE_SILENT', statusCode: 503, headers: { 'retry-after': '2' } })
  expect(copies.size).toBe(0)
  const second = store.read(id)
  await expect(store.read(id)).rejects.toMatchObject({ code: 'SPY_SESSION_STORE_SILENT' }) // one asks, the others do not wait as well
  await expect(second).rejects.toMatchObject({ code: 'SPY_SESSION_STORE_SILENT' })
  store.close()
  await expect(store.read(id)).rejects.toMatchObject({ code: 'SPY_SESSION_STORE_SILENT' })
})

/** A store that answers as the test says. */
async function scripted(answer: (message: ToStore, send: (message: FromStore) => void) => void) {
  const path = join(tempFolder(), 'sessions.sock')
  const streams: MessageStream[] = []
  const server = net.createServer((socket) => {
    const stream: MessageStream = new MessageStream(socket, {
      onMessage: (message) => answer(message as ToStore, (reply) => stream.send(reply)),
      onEnd: () => {},
    })
    streams.push(stream)
  })
  await listenLocally(server, path)
  return {
    path,
    end() {
      server.close()
      for (const stream of streams) stream.close()
    },
  }
}

const stored = { text: '{}', version: 3, createdAt: 0, until: Date.now() + 60_000 }

test('a copy that is old in the same breath as it comes is dropped, and that is confirmed', async () => {
  const said: ToStore[] = []
  const id = newSessionId()
  const server = await scripted((message, send) => {
    said.push(message)
    if (message.do !== 'read') return
    send({ id: message.id, is: 'lent', stored })
    send({ is: 'old', session: id, change: 9 })
  })
  const { store, copies } = openClient(server.path)
  expect(await store.read(id)).toMatchObject({ version: 3 })
  await until(() => said.some((message) => message.do === 'dropped' && message.change === 9))
  expect(copies.size).toBe(0)
  store.close()
  server.end()
})

test('a state that has changed again while its answer waited is not to be used again', async () => {
  const server = await scripted((message, send) => {
    if (message.do === 'write') send({ id: message.id, is: 'written', stored, isOld: true })
  })
  const { store, copies } = openClient(server.path)
  const id = newSessionId()
  expect(await store.write(id, { version: 2, text: '{}', until: 1 })).toMatchObject({ is: 'written', lent: { freshUntil: 0 } })
  expect(copies.get(id)?.freshUntil).toBe(0)
  store.close()
  server.end()
})

test('a store that cannot write says why', async () => {
  const server = await scripted((message, send) => {
    if (message.do === 'create') send({ id: message.id, is: 'failed', reason: 'ENOSPC: no space left on device' })
  })
  const { store } = openClient(server.path)
  await expect(store.create(newSessionId(), fresh())).rejects.toMatchObject({
    code: 'SPY_SESSION_STORE_FAILED',
    message: expect.stringContaining('ENOSPC'),
  })
  store.close()
  server.end()
})
