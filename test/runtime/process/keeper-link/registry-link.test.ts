import net from 'node:net'
import { join } from 'node:path'
import { listenLocally, MessageStream } from '@spyglass/process/channel'
import { type NumberedMessage, RegistryLink, type RegistryMessage } from '@spyglass/process/keeper-link'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

async function management(path: string) {
  const got: (RegistryMessage & { readonly n?: number })[] = []
  const open = new Set<MessageStream>()
  const server = net.createServer((socket) => {
    const stream = new MessageStream(socket, {
      onMessage: (message) => got.push(message as RegistryMessage),
      onEnd: () => open.delete(stream),
    })
    open.add(stream)
  })
  await listenLocally(server, path)
  const stop = (): void => {
    server.close()
    for (const stream of open) stream.close()
  }
  onTestFinished(stop)
  const acknowledge = (...numbers: number[]): void => {
    for (const stream of open) stream.send({ type: 'taken', numbers })
  }
  return { got, stop, acknowledge }
}

const event = (message: string): NumberedMessage =>
  ({
    type: 'event',
    event: {
      name: 'spyglass.pool.leak',
      incidentId: 'i',
      phase: 'note',
      severity: 'warning',
      resource: 'r',
      time: 1,
      message,
      attributes: {},
    },
  }) as const

test('what happens while management is away arrives when it is back, after the greeting, in order; of values the newest', async () => {
  const path = join(tempFolder(), 'registry.sock')
  let values = 0
  const link = new RegistryLink({
    path,
    source: 'me',
    push: () => ({ type: 'registry', snapshot: { time: ++values, resources: [] }, unready: [] }),
  })
  onTestFinished(() => link.close())
  link.push() // nobody is there: no values are kept
  link.send(event('a'))
  link.send(event('b'))
  const first = await management(path)
  await until(() => first.got.length >= 4)
  expect(first.got.map(({ type }) => type)).toEqual(['hello', 'event', 'event', 'registry'])
  expect(first.got.at(-1)).toMatchObject({ snapshot: { time: 1 } })
  first.stop()
  await until(() => {
    link.send(event('c'))
    return !link.isConnected
  })
  const second = await management(path)
  await until(() => second.got.some(({ type }) => type === 'registry'))
  expect(second.got[0]).toMatchObject({
    type: 'hello',
    source: 'me',
    pid: process.pid,
    run: expect.stringMatching(/^[\da-f]{12}$/) as string,
  })
  expect(link.dropped).toBe(0)
})

test('what management has not acknowledged is told again under its number, before the present state; what it has is not', async () => {
  const path = join(tempFolder(), 'registry.sock')
  const link = new RegistryLink({
    path,
    source: 'me',
    present: () => ({ type: 'present', serving: [], incidents: [] }),
    push: () => ({ type: 'registry', snapshot: { time: 1, resources: [] }, unready: [] }),
  })
  onTestFinished(() => link.close())
  const first = await management(path)
  await until(() => link.isConnected)
  for (const message of ['a', 'b', 'c']) link.send(event(message))
  await until(() => first.got.filter(({ type }) => type === 'event').length === 3)
  first.acknowledge(2)
  await until(() => link.unacknowledged === 2)
  first.stop()
  const second = await management(path)
  await until(() => second.got.some(({ type }) => type === 'registry'))
  expect(second.got.map(({ type, n }) => [type, n])).toEqual([
    ['hello', undefined],
    ['event', 1],
    ['event', 3],
    ['present', undefined],
    ['registry', undefined],
  ])
})
