import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { connectLocally } from '@spyglass/process/channel'
import { expect, onTestFinished, test } from 'vitest'
import { keepSockets } from '../../../runtime/src/holder/kept-sockets.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** Serves a kept socket as a child does; what a client is told. */
async function serve(fd: number | undefined, path: string, text: string): Promise<string> {
  const server = net.createServer((socket) => void socket.end(text))
  await new Promise<void>((resolve) => server.listen({ fd: fd ?? -1 }, resolve))
  onTestFinished(() => void server.close())
  const socket = connectLocally(path)
  let said = ''
  for await (const chunk of socket) said += String(chunk)
  return said
}

test('each name has its socket, for the owner alone, and none is left in the end', () => {
  const run = join(tempFolder(), 'run')
  const paths = { one: join(run, 'one.sock'), two: join(run, 'two.sock') }
  mkdirSync(run)
  writeFileSync(paths.one, 'of a killed server')
  const sockets = keepSockets(paths)
  expect(Object.values(paths).map((path) => [statSync(path).isSocket(), statSync(path).mode & 0o777])).toEqual([
    [true, 0o600],
    [true, 0o600],
  ])
  expect([sockets.fd('one'), sockets.fd('two')].every((fd) => fd !== undefined && fd > 2)).toBe(true)
  expect(sockets.fd('three')).toBeUndefined()
  sockets.close()
  expect(Object.values(paths).filter((path) => existsSync(path))).toEqual([])
})

test('what cannot be bound is an error with a code and the path', () => {
  const path = join(tempFolder(), 'one.sock')
  mkdirSync(join(path, 'inside'), { recursive: true })
  expect(() => keepSockets({ one: path })).toThrow(
    expect.objectContaining({ code: 'SPY_SOCKET_FAILED', message: expect.stringContaining(path) as string }),
  )
})

test('the socket of a file that somebody removed is bound again for the next process', async () => {
  const path = join(tempFolder(), 'one.sock')
  const sockets = keepSockets({ one: path })
  onTestFinished(() => sockets.close())
  const before = sockets.fd('one')
  expect(sockets.fd('one')).toBe(before)
  rmSync(path)
  expect(await serve(sockets.fd('one'), path, 'hello')).toBe('hello')
})

test('and if it cannot be, the process gets the old one', () => {
  const folder = tempFolder()
  const path = join(folder, 'run/one.sock')
  const sockets = keepSockets({ one: path })
  onTestFinished(() => sockets.close())
  const before = sockets.fd('one')
  rmSync(join(folder, 'run'), { recursive: true })
  writeFileSync(join(folder, 'run'), 'no folder')
  expect(sockets.fd('one')).toBe(before)
  rmSync(join(folder, 'run'))
})
