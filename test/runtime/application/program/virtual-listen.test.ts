import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { listenRequest } from '../../../../runtime/src/application/program/listen-request.ts'
import { pretendToListen } from '../../../../runtime/src/application/program/virtual-listen.ts'
import { openPlace } from '../fixture.ts'

test('programs that listen share a process: each gets the requests under its path, and believes it listens there', async () => {
  await using place = openPlace()
  const program = (port: number) => `import http from 'node:http'
    const server = http.createServer((req, res) => res.end(JSON.stringify({ asked: ${port}, url: req.url, listening: server.listening, at: server.address().address })))
    await new Promise((resolve) => server.listen(${port}, resolve))`
  const { url } = await place.deploy([
    { name: 'a', contextPath: '/a', files: program(3001) },
    { name: 'b', contextPath: '/b', files: program(3002) },
  ])
  for (const [path, asked] of [
    ['a', 3001],
    ['b', 3002],
  ] as const)
    expect(await (await fetch(`${url}/${path}/x`)).json()).toEqual({ asked, url: '/x', listening: true, at: '127.0.0.1' })
})

test('a program with a port is served where it asks for that port, and where it asks for PORT, which is one for all', async () => {
  vi.stubEnv('PORT', '8080')
  onTestFinished(() => void vi.unstubAllEnvs())
  await using place = openPlace()
  const program = (port: string) => ({
    'package.json': '{"main":"main.mjs"}',
    'spyglass.app.yaml': 'port: 3000',
    'main.mjs': `import http from 'node:http'
      await new Promise((resolve) => http.createServer((req, res) => res.end(process.env.PORT)).listen(${port}, resolve))`,
  })
  const { url } = await place.deploy([
    { name: 'a', contextPath: '/a', files: program('process.env.PORT ?? 3000') },
    { name: 'b', contextPath: '/b', files: program('3000') },
  ])
  for (const path of ['a', 'b']) expect(await (await fetch(`${url}/${path}/`)).text()).toBe('8080')
})

test('a server that is not HTTP cannot share a process, and says so as an error of its own', async () => {
  await using place = openPlace()
  const files = `import net from 'node:net'
    const server = net.createServer(() => {}).listen(3003)
    await new Promise((_, reject) => server.on('error', reject))`
  await expect(place.deploy([{ name: 'raw', contextPath: '/', files }])).rejects.toMatchObject({
    cause: { code: 'SPY_APPLICATION_NOT_SHAREABLE' },
  })
})

test('closing it, or aborting its signal, ends the pretence once', async () => {
  const closing = new AbortController()
  const server = createServer()
  const request = listenRequest([{ port: 3000, signal: closing.signal }])
  if (!request) throw new TypeError('not for TCP')
  pretendToListen(server, request, () => ({ host: '::1', port: 8080 }))
  expect(server.listening).toBe(true)
  expect(server.address()).toEqual({ address: '::1', family: 'IPv6', port: 8080 })
  const closed = once(server, 'close')
  closing.abort()
  await closed
  expect(server.listening).toBe(false)
  expect(server.address()).toBeNull()
})
