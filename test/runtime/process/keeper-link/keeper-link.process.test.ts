import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromChild } from '@spyglass/agent/contract'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../../../support/until.ts'

const script = fileURLToPath(new URL('../../../fixtures/keeper/linked.ts', import.meta.url))
const execArgv = ['--conditions=spyglass-source']

function output(child: ChildProcess): () => string {
  let text = ''
  child.stdout?.on('data', (chunk) => (text += chunk))
  onTestFinished(() => void child.kill('SIGKILL'))
  return () => text
}

test('a kept process says ready, pushes its registry repeatedly, passes events, and stops on request', async () => {
  const child = fork(script, { execArgv, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const text = output(child)
  const messages: FromChild[] = []
  child.on('message', (message: FromChild) => messages.push(message))
  await until(() => messages.filter(({ type }) => type === 'registry').length >= 3)
  expect(messages.map(({ type }) => type)).toEqual(expect.arrayContaining(['ready', 'event', 'registry']))
  const push = messages.find((message) => message.type === 'registry')
  expect(push?.snapshot.resources).toEqual([{ kind: 'snmpAgent', keys: { name: 'x' }, values: { name: 'x', packetsIn: 7 } }])
  child.send({ type: 'stop', deadlineMs: 1234 })
  const [code] = await once(child, 'exit')
  expect([code, text()]).toEqual([0, expect.stringContaining('stopped with 1234')])
})

test('a process whose keeper dies ends its work and goes', async () => {
  const child = fork(script, { execArgv, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const text = output(child)
  await once(child, 'message')
  child.disconnect()
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
