import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { startReceiver } from '../notify/receiver.ts'
import { exhausted, recovered } from './incidents.ts'

/** A process of its own that alerts, to be killed. */
function startChild(root: string, url: string): ChildProcess {
  mkdirSync(join(root, 'state'), { recursive: true })
  const settings = JSON.stringify({ root, url })
  return fork(join(import.meta.dirname, 'alerting-child.ts'), [settings], {
    execArgv: ['--conditions=spyglass-source'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

async function ready(child: ChildProcess): Promise<void> {
  await once(child, 'message')
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('alerts survive kill -9: one page for each incident, and the resolve comes though its page came from another process', async () => {
  await using receiver = await startReceiver()
  const root = tempFolder()
  const send = (child: ChildProcess, event: SpyglassEvent): void => void child.send(event)

  let child = startChild(root, receiver.config.url!)
  await ready(child)
  send(child, exhausted('1'))
  await receiver.got(1)
  await until(() => readFileSync(join(root, 'state', 'alerts.json'), 'utf8').includes('"outbox":[]'))
  await kill(child)

  child = startChild(root, receiver.config.url!)
  await ready(child)
  send(child, exhausted('1')) // the keeper may send it again
  send(child, recovered('1'))
  await receiver.got(2)
  await kill(child)
  expect(receiver.pages.map(({ status, incidentId }) => `${incidentId} ${status}`)).toEqual(['1 firing', '1 resolved'])
})

test('killed the moment an alert fires, its page still goes out, and a repeat of it carries the same key', async () => {
  await using receiver = await startReceiver()
  const root = tempFolder()
  for (let round = 1; round <= 5; round++) {
    const child = startChild(root, receiver.config.url!)
    await ready(child)
    child.send(exhausted(`r${round}`, { resource: `spyglass:type=Datasource,instance=http-1,name=p${round}` }))
    await until(() => readFileSync(join(root, 'state', 'alerts.json'), 'utf8').includes(`"r${round}"`)).catch(() => {})
    await kill(child)
  }
  const last = startChild(root, receiver.config.url!)
  await ready(last)
  const paged = (): Set<string> => new Set(receiver.pages.map(({ incidentId }) => incidentId))
  await until(() => paged().size === 5)
  await kill(last)
  // one that was sent but not noted before the kill is sent again, under the same key: the receiver can tell
  const keys = new Set(receiver.requests.map(({ headers }) => headers['idempotency-key']))
  expect(keys.size).toBe(5)
})
