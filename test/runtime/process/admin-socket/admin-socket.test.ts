import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { SpyglassError } from '@spyglass/agent/contract'
import { expect, onTestFinished, test } from 'vitest'
import {
  adminSocketFile,
  type AdminClient,
  type AdminMethod,
  connectAdministration,
  Lines,
  MAX_LINE_LENGTH,
  serveAdministration,
} from '@spyglass/process/admin-socket'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

async function served(methods: Readonly<Record<string, AdminMethod>>, run = join(tempFolder(), 'run')) {
  mkdirSync(run, { recursive: true, mode: 0o755 })
  const faults: unknown[] = []
  const server = await serveAdministration({ file: adminSocketFile(run), methods, onFault: (error) => faults.push(error) })
  onTestFinished(() => server.close())
  return { server, run, faults }
}

async function connected(run: string): Promise<AdminClient> {
  const client = await connectAdministration({ dataFolder: run, run })
  onTestFinished(() => client[Symbol.dispose]())
  return client
}

test('one connection answers many requests at once, each by its number', async () => {
  const release: (() => void)[] = []
  const { run } = await served({
    slow: () => new Promise((resolve) => release.push(() => resolve('slow'))),
    quick: async ({ text }) => `quick ${String(text)}`,
  })
  const client = await connected(run)
  const slow = client.call('slow')
  expect(await client.call('quick', { text: 'zwölf' })).toBe('quick zwölf')
  release[0]?.()
  expect(await slow).toBe('slow')
})

test('an error comes with its code; one without a code is reported as a fault and does not end the server', async () => {
  const { run, faults } = await served({
    refuse: () => Promise.reject(new SpyglassError('SPY_NAME_UNKNOWN', 'no %s', ['x'])),
    broken: () => Promise.reject(new TypeError('our fault')),
  })
  const client = await connected(run)
  await expect(client.call('refuse')).rejects.toMatchObject({ code: 'SPY_NAME_UNKNOWN', message: 'no x' })
  await expect(client.call('broken')).rejects.toMatchObject({
    code: 'SPY_LOCAL_FAULT',
    message: expect.stringContaining('our fault') as string,
  })
  await expect(client.call('nothing')).rejects.toMatchObject({ code: 'SPY_LOCAL_METHOD' })
  await expect(client.call('toString')).rejects.toMatchObject({ code: 'SPY_LOCAL_METHOD' })
  expect(faults).toEqual([expect.objectContaining({ message: 'our fault' })])
})

test('a method that follows something sends items until the client goes away', async () => {
  let ended = false
  const { run } = await served({
    async *follow(_, { gone }) {
      try {
        for (let i = 0; !gone.aborted; i++) yield i
      } finally {
        ended = true
      }
    },
  })
  const client = await connected(run)
  const items: unknown[] = []
  const following = client.call('follow', {}, { onItem: (item) => items.push(item) })
  await until(() => items.length > 20)
  expect(items.slice(0, 3)).toEqual([0, 1, 2])
  client[Symbol.dispose]()
  await expect(following).rejects.toMatchObject({ code: 'SPY_LOCAL_GONE' })
  await until(() => ended)
})

test('only the owner may open it, whatever the umask and the mode of the folder were', async () => {
  const { run } = await served({})
  expect(statSync(run).mode & 0o777).toBe(0o700)
  expect(statSync(adminSocketFile(run)).mode & 0o777).toBe(0o600)
})

test('the caller is the user of this process, or the one for whom root says it asks', async () => {
  const { run } = await served({ who: async (_, { user }) => user })
  expect(await (await connected(run)).call('who')).toBe(process.env['USER'] ?? 'root')
  expect(await answerTo(run, '{"id":1,"method":"who","user":"alice"}')).toEqual({ id: 1, result: 'alice' })
  expect(await answerTo(run, '{"id":1,"method":"who","user":"a\\nb"}')).toMatchObject({ id: 0, error: { code: 'SPY_LOCAL_REQUEST' } })
})

test.for(['garbage', '[]', '{"id":"1","method":"who"}', '{"id":1}', '{"id":1,"method":"who","params":[]}'])(
  '%s is answered with what is wrong, and the next request is served',
  async (line) => {
    const { run } = await served({ who: async () => 'me' })
    const socket = net.connect(adminSocketFile(run))
    onTestFinished(() => void socket.destroy())
    socket.write(`${line}\n{"id":7,"method":"who"}\n`)
    const lines = await linesOf(socket, 2)
    expect(lines).toEqual([
      { id: 0, error: { code: 'SPY_LOCAL_REQUEST', message: expect.any(String) as string } },
      { id: 7, result: 'me' },
    ])
  },
)

test('a line without an end is refused before it fills the memory', () => {
  const lines = new Lines()
  expect(lines.push('{"id":1}\n{"id"')).toEqual(['{"id":1}'])
  expect(lines.push(':2}\n')).toEqual(['{"id":2}'])
  expect(() => lines.push('x'.repeat(MAX_LINE_LENGTH + 1))).toThrow(/longer than/)
})

test('a file that a killed server left is replaced, and a closed server leaves none', async () => {
  const run = join(tempFolder(), 'run')
  mkdirSync(run)
  writeFileSync(adminSocketFile(run), '')
  const { server } = await served({ who: async () => 'me' }, run)
  expect(await (await connected(run)).call('who')).toBe('me')
  await server.close()
  expect(existsSync(adminSocketFile(run))).toBe(false)
})

test('without a server it says which data folder has none', async () => {
  const run = join(tempFolder(), 'run')
  await expect(connectAdministration({ dataFolder: '/the/data', run })).rejects.toMatchObject({
    code: 'SPY_SERVER_UNREACHABLE',
    message: expect.stringContaining('/the/data') as string,
  })
})

test('a data folder whose path is longer than a socket address works', async () => {
  const run = join(tempFolder(), 'a'.repeat(120), 'b'.repeat(120), 'run')
  const { server } = await served({ who: async () => 'me' }, run)
  expect(await (await connected(run)).call('who')).toBe('me')
  await server.close()
  expect(existsSync(adminSocketFile(run))).toBe(false)
})

async function answerTo(run: string, line: string): Promise<unknown> {
  const socket = net.connect(adminSocketFile(run))
  onTestFinished(() => void socket.destroy())
  socket.write(`${line}\n`)
  return (await linesOf(socket, 1))[0]
}

function linesOf(socket: net.Socket, count: number): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('error', reject)
    socket.on('data', (piece) => {
      text += String(piece)
      const lines = text.split('\n').slice(0, -1)
      if (lines.length >= count) resolve(lines.map((line) => JSON.parse(line) as unknown))
    })
  })
}
