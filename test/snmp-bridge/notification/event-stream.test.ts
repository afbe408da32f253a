import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { positionFile, type PositionFile } from '../../../snmp-bridge/src/notification/event-position.ts'
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

function follow(url: string, position?: PositionFile) {
  const heard: SpyglassEvent[] = []
  const changes: unknown[] = []
  const stream = followEvents({
    url,
    ...(position ? { position } : {}),
    onEvent: (event) => heard.push(event),
    onChange: (error) => changes.push(error),
    backOffMs: 10,
  })
  open.unshift(stream)
  return { heard, changes, stream }
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

/** What a crash leaves behind: the file, and at the endpoint a client whose stream has broken. */
function crashed(position: PositionFile): PositionFile {
  const left = position.read()
  return { ...position, read: () => left }
}

test('events that came while the process was dead are heard when it is back, and those before it are not heard again', async () => {
  const management = await startEndpoint()
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-events-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const position = positionFile(join(folder, 'snmp-events.json'), { onFailure: (error) => expect.unreachable(String(error)) })
  const before = follow(management.url, position)
  await before.stream.attempted
  emit(management, 'seen')
  await until(() => before.heard.length === 1)
  const left = crashed(position)
  emit(management, 'missed') // the old reader takes it as well, but what it notes then is not in what was left behind
  const after = follow(management.url, left)
  await until(() => after.heard.length === 1)
  expect(after.heard[0]!.message).toBe('missed')
})

test('after an orderly stop nothing is kept, and a client that the endpoint has forgotten registers again', async () => {
  const management = await startEndpoint()
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-events-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const position = positionFile(join(folder, 'snmp-events.json'), { onFailure: (error) => expect.unreachable(String(error)) })
  position.write({ client: 'unknown', lastId: '7' })
  const { heard, changes, stream } = follow(management.url, position)
  await until(() => changes.at(-1) === undefined && changes.length > 0)
  emit(management, 'down')
  await until(() => heard.length === 1)
  expect(position.read()).toMatchObject({ lastId: '1' })
  await stream.stop()
  expect(position.read()).toBeUndefined()
})
