import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { outboxFolder } from '@spyglass/process/keeper-link'
import { leftOutboxes } from '../../../../runtime/src/management/outbox-folder.ts'
import { startKept } from '../../../support/kept-process.ts'
import { until } from '../../../support/until.ts'

const script = fileURLToPath(new URL('../../../fixtures/keeper/linked.ts', import.meta.url))
const execArgv = ['--conditions=spyglass-source']

function output(child: ChildProcess): () => string {
  let text = ''
  child.stdout?.on('data', (chunk) => (text += chunk))
  onTestFinished(() => void child.kill('SIGKILL'))
  return () => text
}

test('a kept process says ready and that it lives, sends registry and events to management, and stops on request', async () => {
  const { child, messages, send } = await startKept(script)
  const text = output(child)
  await until(() => messages.filter(({ type }) => type === 'registry').length >= 3 && messages.some(({ type }) => type === 'pulse'))
  expect(messages.map(({ type }) => type)).toEqual(expect.arrayContaining(['hello', 'ready', 'event', 'registry', 'pulse']))
  expect(messages.find(({ type }) => type === 'hello')).toMatchObject({ type: 'hello', source: 'kept', pid: child.pid })
  const push = messages.find((message) => message.type === 'registry')
  expect(push?.snapshot.resources).toEqual([{ kind: 'snmpAgent', keys: { name: 'x' }, values: { name: 'x', packetsIn: 7 } }])
  send({ type: 'stop', deadlineMs: 1234 })
  const [code] = await once(child, 'exit')
  expect([code, text()]).toEqual([0, expect.stringContaining('stopped with 1234')])
})

test('an event that nobody acknowledged outlives the kill -9 of its process, and is found under its number', async () => {
  const { child, registry, messages } = await startKept(script)
  const told = await until(() => messages.find((message) => message.type === 'event'))
  child.kill('SIGKILL')
  await once(child, 'exit')
  const [left] = leftOutboxes(outboxFolder(registry), 'kept')
  expect(left).toMatchObject({ source: 'kept', pid: child.pid, messages: [told] })
  left?.taken()
  expect(leftOutboxes(outboxFolder(registry))).toEqual([])
})

test('a new decider that asks is told again that the process is ready', async () => {
  const { messages, send } = await startKept(script)
  const readies = () => messages.filter(({ type }) => type === 'ready').length
  await until(() => readies() === 1)
  send({ type: 'probe' })
  await until(() => readies() === 2)
})

test('a program sees nothing of the channel: no process.send, no variable, no message, and its children inherit no descriptor', async () => {
  const { child } = await startKept(script)
  const text = output(child)
  await until(() => text().includes('kept true'))
  expect(text()).toContain('visible []')
})

test('a process whose keeper dies ends its work and goes', async () => {
  const { child, messages, disconnect } = await startKept(script)
  const text = output(child)
  await until(() => messages.length > 0)
  disconnect()
  const [code] = await once(child, 'exit')
  expect([code, text()]).toEqual([0, expect.stringContaining('stopped with 3000')])
})

test('a process without a keeper runs the same, and a signal stops it', async () => {
  const child = spawn(process.execPath, [...execArgv, script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const text = output(child)
  await until(() => text().includes('kept false'))
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect([code, text()]).toEqual([0, expect.stringContaining('stopped with')])
})
