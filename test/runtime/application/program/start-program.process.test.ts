import { once } from 'node:events'
import { existsSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { makeCertificate } from '../../../support/certificates.ts'
import { freePort } from '../../../support/free-port.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'
import { writeApplication } from '../fixture.ts'
import { start } from './alone.ts'

const fetchText = async (url: string): Promise<string> => (await fetch(url)).text()

/** Whether anything listens there. */
async function isOpen(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  const opened = await Promise.race([
    new Promise<boolean>((resolve) => socket.on('connect', () => resolve(true))),
    new Promise<boolean>((resolve) => socket.on('error', () => resolve(false))),
  ])
  socket.destroy()
  return opened
}

test('a program that listens gets the socket of its application, whatever port and host it asks for', async () => {
  const port = await freePort()
  const program = await start(`import http from 'node:http'
    const server = http.createServer((req, res) => res.end(JSON.stringify({ url: req.url, ...server.address() })))
    server.listen(${port}, '0.0.0.0', function () { if (this !== server) throw new Error('this') })`)
  expect(JSON.parse(await fetchText(`${program.url}/x?y=1`))).toEqual({
    url: '/x?y=1',
    address: '127.0.0.1',
    family: 'IPv4',
    port: program.port,
  })
  expect(await isOpen(port)).toBe(false)
  const [line] = await program.stop()
  expect(JSON.parse(line ?? '')).toMatchObject({ 'url.path': '/x', 'http.response.status_code': 200 })
})

test('a program is the main module of its process, with its own arguments; its exports count when it is not', async () => {
  const main = { 'package.json': '{"scripts":{"start":"node main.cjs --colour blue"}}' }
  const listening = await start({
    ...main,
    'main.cjs': `if (require.main === module) require('node:http').createServer((req, res) => res.end(process.argv.slice(1).join(' '))).listen(3000)`,
  })
  expect(await fetchText(listening.url)).toBe(`${join(listening.folder, 'main.cjs')} --colour blue`)
  const module = await start(`import { pathToFileURL } from 'node:url'
    const isMain = import.meta.main && import.meta.url === pathToFileURL(process.argv[1]).href
    export default () => (req, res) => res.end(String(isMain))`)
  expect(await fetchText(module.url)).toBe('true')
})

test('PORT leads a program to the port that spyglass.app.yaml names, not away from it', async () => {
  const [own, other, listener] = [await freePort(), await freePort(), await freePort()]
  const program = await start(
    {
      'package.json': '{"main":"main.mjs"}',
      'spyglass.app.yaml': `port: ${own}`,
      'main.mjs': `import http from 'node:http'
        await new Promise((resolve) => http.createServer((req, res) => res.end('metrics')).listen(${other}, resolve))
        http.createServer((req, res) => res.end('shop ' + process.env.PORT)).listen(process.env.PORT ?? ${own})`,
    },
    { PORT: String(listener) },
  )
  expect(await fetchText(program.url)).toBe(`shop ${own}`)
})

test('a program under a context path sees its addresses without it', async () => {
  const program = await start(
    `import http from 'node:http'
    http.createServer((req, res) => res.end(req.url)).listen(3000)`,
    { CONTEXT_PATH: '/shop' },
  )
  expect(await fetchText(`${program.url}/shop/a?b`)).toBe('/a?b')
  expect((await fetch(`${program.url}/other`)).status).toBe(404)
  expect((await fetch(`${program.url}/shop`, { redirect: 'manual' })).headers.get('location')).toBe('/shop/')
})

test('port 0 and Unix sockets stay the program’s own; so does a probe for a free port', async () => {
  const program = await start(`import http from 'node:http'
    import net from 'node:net'
    const open = (server, ...args) => new Promise((resolve) => server.listen(...args, () => resolve(server.address())))
    const probe = net.createServer()
    await open(probe, ${await freePort()})
    await new Promise((resolve) => probe.close(resolve))
    const inner = await open(http.createServer((req, res) => res.end('inner')), 0)
    const socket = await open(http.createServer((req, res) => res.end('socket')), process.env.FOLDER + '/a.sock')
    http.createServer((req, res) => res.end(JSON.stringify({ inner: inner.port, socket }))).listen(3000)`)
  const { inner, socket } = JSON.parse(await fetchText(program.url)) as { inner: number; socket: string }
  expect(inner).not.toBe(program.port)
  expect(await fetchText(`http://127.0.0.1:${inner}`)).toBe('inner')
  expect(existsSync(socket)).toBe(true)
  const request = http.get({ socketPath: socket })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  expect(await text(response)).toBe('socket')
})

test('a further port is opened as asked, and a second generation shares it', async () => {
  const port = await freePort()
  const source = `import http from 'node:http'
    http.createServer((req, res) => res.end('first')).listen(3000, () =>
      http.createServer((req, res) => res.end('admin')).listen(${port}, '127.0.0.1'))`
  const [one, two] = [await start(source), await start(source)]
  expect(await fetchText(one.url)).toBe('first')
  expect(await fetchText(two.url)).toBe('first')
  expect(await until(() => fetchText(`http://127.0.0.1:${port}`).catch(() => undefined))).toBe('admin')
  await one.stop()
  expect(await fetchText(`http://127.0.0.1:${port}`)).toBe('admin')
})

test('spyglass.app.yaml may name the port that is the application’s', async () => {
  const [admin, site] = [await freePort(), await freePort()]
  const program = await start({
    'main.mjs': `import http from 'node:http'
      http.createServer((req, res) => res.end('admin')).listen(${admin}, '127.0.0.1')
      http.createServer((req, res) => res.end('site')).listen(${site}, '127.0.0.1')`,
    'package.json': '{"main":"main.mjs"}',
    'spyglass.app.yaml': `port: ${site}`,
  })
  expect(await fetchText(program.url)).toBe('site')
  expect(await fetchText(`http://127.0.0.1:${admin}`)).toBe('admin')
  expect(await isOpen(site)).toBe(false)
})

test('an own certificate, HTTP/2 and plain TCP are served by the program itself', async (context) => {
  const keys = tempFolder()
  const { certificate, key } = makeCertificate(context, keys, ['localhost'])
  const secure = await start(
    `import https from 'node:https'
    import { readFileSync } from 'node:fs'
    const [key, cert] = [process.env.KEY, process.env.CERTIFICATE].map((file) => readFileSync(file))
    https.createServer({ key, cert }, (req, res) => res.end('secure')).listen(443)`,
    { KEY: key, CERTIFICATE: certificate },
  )
  const [response] = (await once(https.get({ port: secure.port, host: '127.0.0.1', rejectUnauthorized: false }), 'response')) as [
    http.IncomingMessage,
  ]
  expect(await text(response)).toBe('secure')
  expect(JSON.parse((await secure.stop())[0] ?? '')).toMatchObject({ 'http.response.status_code': 200 })

  const h2 = await start(`import http2 from 'node:http2'
    http2.createServer((req, res) => res.end('h2 ' + req.url)).listen(3000)`)
  const session = http2.connect(h2.url)
  const stream = session.request({ ':path': '/a' })
  expect(await text(stream)).toBe('h2 /a')
  const stopped = h2.stop()
  await once(session, 'close') // a drain does not wait for an idle session
  expect(JSON.parse((await stopped)[0] ?? '')).toMatchObject({
    'url.path': '/a',
    'http.response.status_code': 200,
    'http.request.method': 'GET',
  })

  const raw = await start(`import net from 'node:net'
    net.createServer((socket) => socket.end('hello')).listen(25)`)
  expect(await text(net.connect(raw.port, '127.0.0.1'))).toBe('hello')
})

test('a worker without a port has started when its module has run', async () => {
  const program = await start({
    'main.mjs': `setInterval(() => {}, 1000)
      import { writeFileSync } from 'node:fs'
      writeFileSync(process.env.FOLDER + '/ran', '')`,
    'package.json': '{"main":"main.mjs"}',
    'spyglass.app.yaml': 'worker: true',
  })
  expect(program.said.port).toBeUndefined()
  expect(existsSync(join(program.folder, 'ran'))).toBe(true)
})

test('what a worker listens on is its own', async () => {
  const port = await freePort()
  const program = await start({
    'main.mjs': `import http from 'node:http'\nhttp.createServer((req, res) => res.end('metrics')).listen(${port}, '127.0.0.1')`,
    'package.json': '{"main":"main.mjs"}',
    'spyglass.app.yaml': 'worker: true',
  })
  expect(program.said.port).toBeUndefined()
  await until(async () => (await fetchText(`http://127.0.0.1:${port}/`).catch(() => '')) === 'metrics', 20_000)
})

test('exports that are served give way to a server that listens later', async () => {
  const program = await start(`import http from 'node:http'
    export default http.createServer((req, res) => res.end('exported'))
    globalThis.later = () => http.createServer((req, res) => res.end('listening')).listen(3000)
    setTimeout(() => globalThis.later(), 300)`)
  await until(async () => (await fetchText(program.url)) === 'listening', 20_000)
})

test('a program that does neither is told apart from one that is slow', async () => {
  const neither = await start('setInterval(() => {}, 1000); export const x = 1', { START_TIMEOUT_MS: '500' })
  expect(neither.said.failed).toMatchObject({
    code: 'SPY_APPLICATION_NO_LISTENER',
    message: expect.stringContaining('worker: true') as string,
  })
  const private_ = await start(`import http from 'node:http'\nhttp.createServer(() => {}).listen(0)`, { START_TIMEOUT_MS: '500' })
  expect(private_.said.failed).toMatchObject({ code: 'SPY_APPLICATION_NO_LISTENER' })
  const slow = await start('await new Promise((resolve) => setTimeout(resolve, 60_000))', { START_TIMEOUT_MS: '500' })
  expect(slow.said.failed).toMatchObject({ code: 'SPY_APPLICATION_START_TIMEOUT' })
})

test('a program that has run and does not listen says so at once, one that listens or is still loaded is not', async () => {
  const limit = { START_TIMEOUT_MS: '5000' }
  const late = await start(`import http from 'node:http'\nsetTimeout(() => http.createServer(() => {}).listen(3000), 200)`, limit)
  expect(late.said.waiting).toEqual(['a 5000'])
  const atOnce = await start(`import http from 'node:http'\nhttp.createServer(() => {}).listen(3000)`, limit)
  expect(atOnce.said.waiting).toEqual([])
  const loading = await start('await new Promise((resolve) => setTimeout(resolve, 60_000))', { START_TIMEOUT_MS: '500' })
  expect(loading.said.waiting).toEqual([])
})

test('a program that comes to its end without a server is noticed at once, whatever startTimeoutMs is', async () => {
  const forever = { START_TIMEOUT_MS: '3600000' }
  const ended = await start('export const x = 1', forever)
  expect(ended.said.failed).toMatchObject({
    code: 'SPY_APPLICATION_ENDED',
    message: expect.stringMatching(/main\.mjs ran to its end and never called listen\(\).*"worker: true"/) as string,
  })
  const later = await start('await new Promise((done) => setTimeout(done, 50)); setTimeout(() => {}, 50)', forever)
  expect(later.said.failed).toMatchObject({ code: 'SPY_APPLICATION_ENDED' })
  const stuck = await start('await new Promise(() => {})', forever)
  expect(stuck.said.failed).toMatchObject({ code: 'SPY_APPLICATION_STUCK' })
})

test('beside others, too, a program that comes to its end is noticed, and one that has anything under way is waited for', async () => {
  const beside = async (main: string) => {
    const folder = writeApplication(tempFolder(), 'b', { 'main.mjs': main, 'package.json': '{"main":"main.mjs"}' })
    const program = await start('export default (req, res) => res.end("good")', { NEIGHBOUR: folder, START_TIMEOUT_MS: '3600000' })
    expect(await fetchText(program.url)).toBe('good')
    const answer = await fetch(`${program.url}/b/`)
    if (answer.status === 200) return [200, await answer.text()]
    return [answer.status, await until(() => /SPY_APPLICATION_(?!FAILED)\w+/.exec(program.stdout() + program.stderr())?.[0])]
  }
  expect(await beside('export const x = 1')).toEqual([503, 'SPY_APPLICATION_ENDED'])
  expect(await beside('async function main() { await new Promise((done) => setTimeout(done, 50)) }\nmain()')).toEqual([
    503,
    'SPY_APPLICATION_ENDED',
  ])
  for (const wait of [
    'await new Promise((done) => setTimeout(done, 700))',
    'for (let i = 0; i < 700; i++) await new Promise((done) => setImmediate(() => fs.stat(".", done))), await new Promise((done) => setTimeout(done, 1))',
    'await new Promise((done) => { const child = exec("sleep 0.7"); child.on("exit", done) })',
    `await new Promise((done) => { const worker = new Worker('setTimeout(() => require("node:worker_threads").parentPort.postMessage(1), 700)', { eval: true }); worker.on("message", done) })`,
    'await new Promise((done) => net.createServer((socket) => setTimeout(() => socket.end(), 700)).listen(0, function () { net.connect(this.address().port).on("close", done).resume() }))',
  ])
    expect(
      await beside(`import fs from 'node:fs'
        import http from 'node:http'
        import net from 'node:net'
        import { exec } from 'node:child_process'
        import { Worker } from 'node:worker_threads'
        async function main() {
          ${wait}
          http.createServer((req, res) => res.end('served')).listen(3000)
        }
        main()`),
      wait,
    ).toEqual([200, 'served'])
})

test('a program that has something to wait for is waited for, and its process stays when it serves', async () => {
  const slow = await start(`import http from 'node:http'
    import { readFile } from 'node:fs/promises'
    await readFile(new URL(import.meta.url))
    await new Promise((done) => setTimeout(done, 300))
    setTimeout(() => http.createServer((req, res) => res.end('served')).listen(3000), 300)`)
  expect(await fetchText(slow.url)).toBe('served')
  const exported = await start('export default (req, res) => res.end("exported")')
  expect(await fetchText(exported.url)).toBe('exported')
})

test('an error that nobody catches during the start is the reason why it failed', async () => {
  const thrown = await start(`setTimeout(() => { throw new Error('from a timer') }, 1); setInterval(() => {}, 1000)`)
  expect(thrown.said.failed?.message).toContain('from a timer')
  const rejected = await start(`async function main() { await 1; throw new Error('no database') }\nmain()`)
  expect(rejected.said.failed?.message).toContain('no database')
  const survived = await start(`import http from 'node:http'
    process.on('uncaughtException', () => http.createServer((req, res) => res.end('caught')).listen(3000))
    setTimeout(() => { throw new Error('from a timer') }, 1)`)
  expect(await fetchText(survived.url)).toBe('caught')
})

test('an error that nobody catches in an application that failed to start does not end its neighbours', async () => {
  const folder = writeApplication(tempFolder(), 'b', {
    'main.mjs': `setTimeout(() => { throw new Error('during the start') }, 50)
      setInterval(() => { throw new Error('after it') }, 100)`,
    'package.json': '{"main":"main.mjs"}',
  })
  const program = await start(`export default (req, res) => res.end('good ' + process.uptime())`, { NEIGHBOUR: folder })
  expect((await fetch(`${program.url}/b/`)).status).toBe(503)
  await until(async () => Number((await fetchText(program.url)).split(' ')[1]) > 0.5 + Number(program.said.uptime), 20_000)
})

test('a program is told to end when its requests are served, whenever a signal comes', async () => {
  const program = await start(`import http from 'node:http'
    import { appendFileSync } from 'node:fs'
    const server = http.createServer((req, res) => req.resume().on('end', () => res.end('served'))).listen(3000)
    process.on('SIGINT', () => process.exit(7))
    process.on('SIGTERM', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      appendFileSync(process.env.DATA + '/end.txt', 'ended')
    })`)
  program.child.kill('SIGINT')
  const request = http.request({ port: program.port, host: '127.0.0.1', method: 'POST' })
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  request.write('a body that has not ended')
  await until(async () => (await program.attribute('Application', 'activeRequests')) === 1, 30_000)
  const stopped = program.stop()
  request.end()
  const [response] = await answered
  expect(await text(response)).toBe('served')
  await stopped
  expect(program.read('end.txt')).toBe('ended')
})

test('NODE_ENV is what scripts.start says before the default of the server, other variables are not', async () => {
  const program = await start(
    {
      'package.json': '{"scripts":{"start":"cross-env NODE_ENV=staging MODE=start node main.cjs"}}',
      'main.cjs': `require('node:http').createServer((q, s) => s.end(process.env.NODE_ENV + ' ' + process.env.MODE)).listen(3000)`,
    },
    { NODE_ENV: 'production', MODE: 'set' },
  )
  expect(await fetchText(program.url)).toBe('staging set')
})

test('a package that is not in the folder is named, with what to do', async () => {
  const required = await start({ 'package.json': '{"main":"main.cjs"}', 'main.cjs': `require('@m/lib')` })
  expect(required.said.failed).toMatchObject({ code: 'SPY_APPLICATION_PACKAGE', message: expect.stringContaining("'@m/lib'") as string })
  const imported = await start(`import 'no-such-module'`)
  expect(imported.said.failed).toMatchObject({ code: 'SPY_APPLICATION_PACKAGE', message: expect.stringContaining('--install') as string })
  const file = await start(`import './missing.mjs'`)
  expect(file.said.failed?.message).not.toContain('--install')
})

test('TypeScript that Node cannot strip says what to do', async () => {
  const manifest = { 'package.json': '{"type":"module","main":"main.ts"}' }
  const withEnum = await start({ ...manifest, 'main.ts': 'enum Colour { Red }\nexport default () => () => Colour.Red' })
  expect(withEnum.said.failed).toMatchObject({
    code: 'SPY_APPLICATION_TYPESCRIPT',
    message: expect.stringMatching(/main\.ts.*enum.*tsx/s) as string,
  })
  const withoutEnding = await start({ ...manifest, 'main.ts': "import './lib'\n", 'lib.ts': '' })
  expect(withoutEnding.said.failed).toMatchObject({
    code: 'SPY_APPLICATION_TYPESCRIPT',
    message: expect.stringMatching(/main\.ts.*lib.*ending/s) as string,
  })
})
