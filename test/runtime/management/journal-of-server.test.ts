import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { ensureDataFolder, ensureSecrets, loadConfig } from '@spyglass/process/config'
import type { OwnProcess } from '@spyglass/process/own-process'
import pino from 'pino'
import { expect, test } from 'vitest'
import { feedOf, openServerJournal, sendToCollector } from '../../../runtime/src/management/journal-of-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { eventOf } from './journal/events.ts'

test("management's own events go the way of all: journal, log, event stream; an output that is away is shown with the reason", async () => {
  const data = tempFolder()
  const folder = ensureDataFolder(data)
  const lines: string[] = []
  const own = {
    config: loadConfig({ base: { data, agent: { endpoint: 'http://127.0.0.1:9' } } }),
    folder,
    secrets: ensureSecrets(folder.secrets),
    registry: createRegistry({ kindNamed }),
    logger: pino({}, { write: (line: string) => void lines.push(line) }),
    onDamage: () => () => expect.unreachable(),
  } as unknown as OwnProcess
  const journal = openServerJournal(own, 'management')
  const streamed: number[] = []
  feedOf(journal).onEvent((_event, position) => streamed.push(position))
  own.registry.relay(eventOf('raise', 1))
  await until(() => streamed.length === 1)
  expect(journal.open[0]).toMatchObject({ source: 'management', position: streamed[0] })
  expect(feedOf(journal).after?.(0, 10)).toMatchObject([{ event: { message: 'raise 1' } }])
  expect(lines.find((line) => line.includes('raise 1'))).toContain('"component":"events"')
  const sender = sendToCollector(own, journal, 'management')
  const output = own.registry.find('spyglass:type=EventOutput,name=collector')
  await until(() => output?.read('problem') !== undefined)
  expect([output?.read('isComplete'), typeof output?.read('failingSince')]).toEqual([false, 'number'])
  await sender.stop(0)
  await journal.close()
})
