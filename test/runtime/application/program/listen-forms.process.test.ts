/** Each way in which a program may write its `listen`. */
import { expect, test } from 'vitest'
import { freePort } from '../../../support/free-port.ts'
import { start } from './alone.ts'

const fetchText = async (url: string): Promise<string> => (await fetch(url)).text()

test.each([
  'listen(3000)',
  `listen('3000')`,
  'listen(3000, 64)',
  'listen(3000, 64, called)',
  `listen(3000, '0.0.0.0', 64, called)`,
  'listen({ port: 3000, backlog: 64 }, called)',
  `listen({ port: process.env.PORT, host: '0.0.0.0' }, called)`,
])('%s is the listener of the application', async (form) => {
  const program = await start(
    `import http from 'node:http'
      let calls = 0
      const called = () => calls++
      const server = http.createServer((req, res) => res.end(calls + ' ' + server.address().port))
      server.${form}`,
    { PORT: String(await freePort()) },
  )
  expect(program.said.failed).toBeUndefined()
  expect(await fetchText(program.url)).toBe(`${form.includes('called') ? 1 : 0} ${program.port}`)
})

test('listen(handle) is the program’s own', async () => {
  const program = await start(`import http from 'node:http'
    import net from 'node:net'
    const first = net.createServer().listen(0, '127.0.0.1', () => {
      const inner = http.createServer((req, res) => res.end('inner'))
      inner.listen(first._handle, () => http.createServer((req, res) => res.end(String(first.address().port))).listen(3000))
    })`)
  const port = await fetchText(program.url)
  expect(port).not.toBe(String(program.port))
  expect(await fetchText(`http://127.0.0.1:${port}`)).toBe('inner')
})

test('a second listen of the server that listens is refused as Node refuses it', async () => {
  const program = await start(`import http from 'node:http'
    let refusal
    const server = http.createServer((req, res) => res.end(refusal))
    server.listen(3000, () => {
      try { server.listen(3001) } catch (error) { refusal = error.code }
    })`)
  expect(await fetchText(program.url)).toBe('ERR_SERVER_ALREADY_LISTEN')
})
