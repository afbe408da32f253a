import dgram from 'node:dgram'
import net from 'node:net'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freeOffset } from '../support/free-port.ts'
import { collect, runCli } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'

test('a wrong configuration stops the start with every mistake listed', async () => {
  const file = join(tempFolder(), 'spyglass.yaml')
  writeFileSync(file, 'listeners: [{name: http, port: 0}]\nstore: {reader: 1}\n')
  const { code, stderr } = await collect(runCli(['up', '--config', file]))
  expect(code).toBe(6)
  expect(stderr).toContain('listeners[0].port: 0')
  expect(stderr).toContain('store.reader: unknown setting')
  expect(stderr).toContain('SPY_CONFIG_INVALID')
  expect(stderr).not.toMatch(/^\s+at /m)
})

test('a taken port is one clear line with the port', async () => {
  const offset = await freeOffset()
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(8123 + offset, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { code, stderr } = await collect(runCli(['up', '--data', tempFolder(), '--port-offset', String(offset)]))
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`port ${8123 + offset} (store.port)`)])
})

test('a taken UDP port is one clear line too', async () => {
  const offset = await freeOffset()
  const socket = dgram.createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(1161 + offset, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  const { code, stderr } = await collect(runCli(['up', '--data', tempFolder(), '--port-offset', String(offset)]))
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`UDP port ${1161 + offset}`)])
})

test('a data folder that cannot be written is one clear line with the path', async () => {
  const file = join(tempFolder(), 'file')
  writeFileSync(file, '')
  const { code, stderr } = await collect(runCli(['up', '--data', join(file, 'd')]))
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(join(file, 'd'))])
})

test('a data folder in use is one clear line with the path and the holder', async () => {
  const data = tempFolder()
  mkdirSync(join(data, 'run'), { recursive: true })
  const { lockDataFolder } = await import('../../runtime/src/holder/data-lock.ts')
  const lock = lockDataFolder(data, join(data, 'run'))
  onTestFinished(() => lock.release())
  const { code, stderr } = await collect(runCli(['up', '--data', data, '--port-offset', String(await freeOffset())]))
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(new RegExp(`${data}.*process ${process.pid}`))])
})

test.for([['nonsense'], ['up', '--nonsense'], ['up', '--port-offset', 'x'], ['up', '--data', ''], ['up', 'x'], ['get']])(
  '%s is refused with what is wrong',
  async (args) => {
    const { code, stderr } = await collect(runCli(args))
    expect(code).toBe(2)
    expect(stderr).toMatch(/^spyglass: .*\(SPY_\w+\)$/m)
  },
)

test('every command has a help of its own', async () => {
  const { commands } = await import('../../runtime/src/cli/commands.ts')
  const helps = await Promise.all(commands.map(({ name }) => collect(runCli([...name.split(' '), '--help']))))
  expect(helps.map(({ code }) => code)).toEqual(commands.map(() => 0))
  for (const [i, { stdout }] of helps.entries()) expect(stdout).toContain(`Usage: spyglass ${commands[i]!.name}`)
  expect((await collect(runCli(['help', 'get']))).stdout).toContain('Usage: spyglass get')
  expect((await collect(runCli(['dashboards', '--help']))).stdout).toContain('dashboards build')
})
