/** `spyglass-snmp-bridge` as its users start it. */
import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { type Kept, startKept } from '../support/kept-process.ts'
import { requireTool } from '../support/require-tool.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import { registerShop, startManagement } from './support/management.ts'
import { run } from './support/tools.ts'

const MAIN = fileURLToPath(new URL('../../snmp-bridge/src/snmp-bridge-main.ts', import.meta.url))

interface Running {
  readonly child: ChildProcess
  readonly messages: Kept['messages']
  readonly send: Kept['send']
  stdout: string
  stderr: string
  readonly code: Promise<number | null>
}

async function start(...args: readonly string[]): Promise<Running> {
  const { child, messages, send } = await startKept(MAIN, { args })
  const running: Running = {
    child,
    messages,
    send,
    stdout: '',
    stderr: '',
    code: new Promise((resolve) => child.once('close', (code) => resolve(code))),
  }
  child.stdout!.on('data', (chunk: Buffer) => (running.stdout += chunk.toString()))
  child.stderr!.on('data', (chunk: Buffer) => (running.stderr += chunk.toString()))
  return running
}

async function configFile(managementPort: number, snmpPort: number): Promise<{ file: string; data: string }> {
  const folder = tempFolder('spyglass-main-')
  const file = join(folder, 'spyglass.yaml')
  const data = join(folder, 'data')
  writeFileSync(
    file,
    `data: ${data}\nmanagement: { port: ${managementPort} }\nsnmp: { port: ${snmpPort}, community: public, pollIntervalMs: 100 }\n`,
  )
  return { file, data }
}

async function boundUdpSocket() {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

async function freeUdpPort(): Promise<number> {
  const socket = await boundUdpSocket()
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

test('it reports to its keeper when it serves, answers with the MIBs it wrote, pushes itself, and ends on request', async (context) => {
  requireTool(context, 'snmpwalk')
  const management = await startManagement()
  onTestFinished(() => management.close())
  registerShop(management.registry)
  const port = await freeUdpPort()
  const { file, data } = await configFile(management.port, port)
  const bridge = await start('--config', file)
  await until(() => bridge.messages.some(({ type }) => type === 'ready'))
  expect(existsSync(join(data, 'mibs', 'SPYGLASS-MIB.txt'))).toBe(true)
  const mib = ['-M', join(data, 'mibs'), '-m', 'SPYGLASS-MIB']
  const walk = await run('snmpwalk', ['-v2c', '-c', 'public', ...mib, `127.0.0.1:${port}`, 'SPYGLASS-MIB::sgInstanceTable'])
  expect(walk.stdout).toContain('SPYGLASS-MIB::sgInstanceState.1 = INTEGER: ready(2)')
  const check = await start('--config', file, '--check', `127.0.0.1:${port}`)
  expect(await check.code).toBe(0)
  expect(check.stdout).toMatch(/sgDatasourceTable: 1 row\n/)
  await until(() =>
    bridge.messages.some((message) => message.type === 'registry' && message.snapshot.resources.some(({ kind }) => kind === 'snmpAgent')),
  )
  bridge.send({ type: 'stop', deadlineMs: 3000 })
  expect(await bridge.code).toBe(0)
})

test('a taken port ends it with one clear line, the code for the keeper, and a status that is not 0', async () => {
  const socket = await boundUdpSocket()
  onTestFinished(() => {
    socket.close()
  })
  const { file } = await configFile(1, socket.address().port)
  const bridge = await start('--config', file)
  expect(await bridge.code).toBe(1)
  expect(bridge.stderr).toMatch(new RegExp(`^SPY_SNMP_PORT_TAKEN: UDP port ${socket.address().port} .*\\n$`))
  expect(bridge.messages).toMatchObject([{ type: 'failed', code: 'SPY_SNMP_PORT_TAKEN' }])
})

test('it serves while the MBean endpoint is not there yet', async () => {
  const { file } = await configFile(9, await freeUdpPort())
  const bridge = await start('--config', file)
  await until(() => bridge.messages.some(({ type }) => type === 'ready'))
  bridge.child.kill('SIGTERM')
  expect(await bridge.code).toBe(0)
})

test('--print-mib prints the module with the root asked for, and --help every option', async () => {
  const print = await start('--print-mib', '--root', '1.3.6.1.4.1.32473')
  expect(await print.code).toBe(0)
  expect(print.stdout).toMatch(/^SPYGLASS-MIB DEFINITIONS ::= BEGIN\n[\s\S]*::= \{ enterprises 32473 \}[\s\S]*\nEND\n$/)
  const help = await start('--help')
  expect(await help.code).toBe(0)
  for (const option of ['--config', '--data', '--port-offset', '--print-mib', '--root', '--check']) expect(help.stdout).toContain(option)
})

test('an unknown option, or a root that is no OID, ends it with one line', async () => {
  const unknown = await start('--wat')
  expect(await unknown.code).toBe(1)
  expect(unknown.stderr).toMatch(/--wat/)
  const noRoot = await start('--print-mib', '--root', 'abc')
  expect(await noRoot.code).toBe(1)
  expect(noRoot.stderr).toMatch(/^SPY_SNMP_VALUE: "abc".*\n$/)
})
