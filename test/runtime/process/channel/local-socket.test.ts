import { existsSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { connectLocally, listenLocally, shortPathOf } from '@spyglass/process/channel'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'

async function echoOver(path: string): Promise<string> {
  const server = net.createServer((socket) => void socket.pipe(socket))
  await listenLocally(server, path)
  onTestFinished(() => void server.close())
  const socket = connectLocally(path)
  socket.write('hello')
  const [first] = (await socket.take(1).toArray()) as Buffer[]
  socket.destroy()
  return String(first)
}

test('a socket is for its owner alone, and what an earlier process left there is replaced', async () => {
  const path = join(tempFolder(), 'one.sock')
  writeFileSync(path, 'left over')
  expect(await echoOver(path)).toBe('hello')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test.runIf(process.platform === 'linux')('a path that is longer than the kernel takes works as well', async () => {
  const folder = join(tempFolder(), 'a'.repeat(100), 'b'.repeat(100))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'one.sock')
  expect(await echoOver(file)).toBe('hello')
  expect(() => shortPathOf(file, 'darwin')).toThrow(expect.objectContaining({ code: 'SPY_LOCAL_PATH' }))
})

test.runIf(process.platform === 'linux')(
  'the socket of a long path goes with its server, and the folder is held open until then',
  async () => {
    const folder = join(tempFolder(), 'a'.repeat(100), 'b'.repeat(100))
    mkdirSync(folder, { recursive: true })
    const held = (): boolean =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === folder
        } catch {
          return false // closed meanwhile
        }
      })
    const server = net.createServer()
    await listenLocally(server, join(folder, 'one.sock'))
    expect(held()).toBe(true)
    await new Promise((resolve) => server.close(resolve))
    expect([held(), existsSync(join(folder, 'one.sock'))]).toEqual([false, false])
  },
)

test('nobody there is an error of the socket, not an exception', async () => {
  const socket = connectLocally(join(tempFolder(), 'none.sock'))
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve))
  expect(error.code).toBe('ENOENT')
})
