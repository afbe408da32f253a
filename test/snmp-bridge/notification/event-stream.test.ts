import { afterEach, expect, test } from 'vitest'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { followEvents } from '../../../snmp-bridge/src/notification/event-stream.ts'
import { until } from '../../support/until.ts'
import { type Management, startManagement } from '../support/management.ts'

const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of open.splice(0)) await part.stop()
})

async function startEndpoint(port = 0): Promise<Management> {
  const management = await startManagement(port)
  open.push({ stop: () => management.close() })
  return management
}

function follow(url: string, after?: number) {
  const heard: SpyglassEvent[] = []
  const positions: number[] = []
  const changes: unknown[] = []
  const stream = followEvents({
    url,
    after,
    onEvent(event, position) {
      heard.push(event)
      positions.push(position)
    },
    onChange: (error) => changes.push(error),
    backOffMs: 10,
  })
  open.unshift(stream)
  return { heard, positions, changes, stream }
}

const emit = ({ registry }: Management, message: string) =>
  registry.emit({ name: 'spyglass.instance.down', resource: 'spyglass:type=Instance,name=http-1', message })

test('every event of the registry arrives whole', async () => {
  const management = await startEndpoint()
  const { heard, stream } = follow(management.url)
  await stream.attempted
  const event = emit(management, 'down')
  await until(() => heard.length === 1)
  expect(heard).toEqual([event])
})

test('after a restart of the endpoint the stream registers again on its own', async () => {
  const first = await startEndpoint()
  const { heard, changes, stream } = follow(first.url)
  await stream.attempted
  await first.close()
  await until(() => changes.some((error) => error !== undefined))
  const second = await startEndpoint(first.port)
  await until(() => changes.at(-1) === undefined)
  emit(second, 'again')
  await until(() => heard.length === 1)
  expect(heard[0]!.message).toBe('again')
})

test('a missing endpoint is reported with SPY_SNMP_EVENTS, and the attempt counts', async () => {
  const { changes, stream } = follow('http://127.0.0.1:9/jolokia')
  await stream.attempted
  expect(changes[0]).toMatchObject({ code: 'SPY_SNMP_EVENTS' })
})

test('stopping ends an open stream at once', async () => {
  const management = await startEndpoint()
  const { changes, stream } = follow(management.url)
  await stream.attempted
  await stream.stop() // the endpoint keeps the stream open, so only the stop can end it
  expect(changes).toEqual([undefined])
})

test('a stream begins after the event it is told, and goes on after an interruption with another client: nothing is missed or heard twice', async () => {
  const first = await startEndpoint()
  for (const message of ['1', '2', '3']) emit(first, message)
  const { heard, positions, changes, stream } = follow(first.url, first.events[0]?.position)
  await until(() => heard.length === 2)
  await first.close()
  await until(() => changes.some((error) => error !== undefined))
  const second = await startEndpoint(first.port)
  for (const message of ['4', '5']) emit(second, message)
  await until(() => heard.length === 4)
  expect(heard.map(({ message }) => message)).toEqual(['2', '3', '4', '5'])
  expect(positions).toEqual([...first.events.slice(1), ...second.events].map(({ position }) => position))
  await stream.stop()
})

test('a stream that is to be read again begins after the event it is told, which is no interruption', async () => {
  const management = await startEndpoint()
  const { heard, changes, stream } = follow(management.url)
  await stream.attempted
  for (const message of ['1', '2', '3']) emit(management, message)
  await until(() => heard.length === 3)
  stream.readAgain(management.events[0]!.position)
  await until(() => heard.length === 5)
  emit(management, '4')
  await until(() => heard.length === 6)
  expect(heard.map(({ message }) => message)).toEqual(['1', '2', '3', '2', '3', '4'])
  expect(changes).toEqual([undefined, undefined])
  await stream.stop()
})
