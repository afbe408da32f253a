import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import type { RegistryMessage } from '@spyglass/process/keeper-link'
import { receiveRegistry } from '../../support/kept-process.ts'
import { removeFolder, startStore } from '../../support/store-process.ts'
import { until } from '../../support/until.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

test('an engine that exits is reported by an event and a counter, and the next one answers', async () => {
  const messages: RegistryMessage[] = []
  const store = await startStore({ registry: await receiveRegistry((message) => messages.push(message)) })
  cleanups.push(async () => {
    await store.kill('SIGKILL')
    removeFolder(store.data)
  })
  const pid = store.child.pid as number
  const [engine] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  process.kill(Number(engine), 'SIGKILL')
  const event = await until(() => messages.flatMap((message) => (message.type === 'event' ? [message.event] : []))[0])
  expect(event).toMatchObject({
    name: 'spyglass.engine.replaced',
    phase: 'note',
    severity: 'warning',
    resource: 'spyglass:type=Store,name=store',
  })
  expect(event?.attributes['reason']).toMatch(/SIGKILL/)
  await until(async () => (await store.ask('SELECT 1')).text === '1\n')
  await until(() => JSON.stringify(messages.at(-1)).includes('"engineReplacements":1'))
})
