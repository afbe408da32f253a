import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { createPoster, retryAfter } from '../../../agent/src/otlp/http-post.ts'
import { makeCertificate, readCertificate } from '../../support/certificates.ts'
import { startOtlpSink } from '../../support/otlp-sink.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('Retry-After is understood in seconds and as a date', () => {
  expect(retryAfter('3')).toBe(3000)
  expect(retryAfter('Tue, 14 Nov 2023 22:13:25 GMT', 1_700_000_000_000)).toBe(5000)
  expect(retryAfter('Tue, 14 Nov 2023 22:13:00 GMT', 1_700_000_000_000)).toBe(0)
  expect(retryAfter('soon')).toBeUndefined()
  expect(retryAfter(undefined)).toBeUndefined()
})

test('a body goes out with its headers, compressed when asked', async ({ onTestFinished }) => {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  for (const gzip of [false, true]) {
    const poster = createPoster({ headers: { authorization: 'Bearer x' }, gzip, timeoutMs: 2000 })
    const more = { 'x-more': String(gzip) }
    const { status, headers } = await poster.post(new URL(`${sink.endpoint}/v1/other`), Buffer.from('body'), more)
    expect([status, headers?.get('connection')]).toEqual([200, 'keep-alive'])
    poster.close()
  }
  const seen = sink.bodies.map(({ body, headers }) => [
    body.toString(),
    headers.authorization,
    headers['content-encoding'],
    headers['x-more'],
  ])
  expect(seen).toEqual([
    ['body', 'Bearer x', undefined, 'false'],
    ['body', 'Bearer x', 'gzip', 'true'],
  ])
})

test('nobody there is status 0, not an exception', async () => {
  const poster = createPoster({ headers: {}, gzip: false, timeoutMs: 2000 })
  expect((await poster.post(new URL('http://127.0.0.1:1/v1/traces'), Buffer.from('x'))).status).toBe(0)
})

async function serve(server: Server): Promise<{ port: number; connections: () => number }> {
  let connections = 0
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

const posterFor = (headers: Readonly<Record<string, string>> = {}): ReturnType<typeof createPoster> => {
  const poster = createPoster({ headers, gzip: false, timeoutMs: 2000 })
  onTestFinished(() => poster.close())
  return poster
}

const answerWith =
  (headers: Readonly<Record<string, string>>): RequestListener =>
  (request, response) =>
    void request.resume().on('end', () => response.writeHead(200, headers).end('{}'))

test('bodies follow one another on one connection; where the end of an answer is not stated each has its own', async () => {
  const plain = await serve(createServer(answerWith({ 'content-length': '2' })))
  const chunked = await serve(createServer(answerWith({})))
  const poster = posterFor()
  for (const { port } of [plain, chunked, plain, chunked, plain]) {
    expect((await poster.post(new URL(`http://127.0.0.1:${port}/`), Buffer.alloc(200_000))).status).toBe(200)
  }
  expect([plain.connections(), chunked.connections()]).toEqual([1, 2])
})

test('a connection that the server has closed is replaced, and posts at once do not wait for each other', async () => {
  const server = createServer(answerWith({ 'content-length': '2' }))
  const { port, connections } = await serve(server)
  const poster = posterFor()
  const url = new URL(`http://127.0.0.1:${port}/`)
  await poster.post(url, Buffer.from('x'))
  server.closeIdleConnections()
  const both = async (): Promise<number[]> =>
    (await Promise.all([poster.post(url, Buffer.from('y')), poster.post(url, Buffer.from('z'))])).map(({ status }) => status)
  await expect.poll(both, { timeout: 5000 }).toEqual([200, 200])
  expect(connections()).toBeGreaterThanOrEqual(3)
})

test('user and password of the URL are sent, unless a header says otherwise', async () => {
  const seen: (string | undefined)[] = []
  const { port } = await serve(
    createServer((request, response) => {
      seen.push(request.headers.authorization)
      request.resume().on('end', () => response.end())
    }),
  )
  const url = new URL(`http://me:a%3Ab@127.0.0.1:${port}/v1/traces?x=1`)
  await posterFor().post(url, Buffer.from('x'))
  await posterFor({ Authorization: 'Bearer t' }).post(url, Buffer.from('x'))
  expect(seen).toEqual([`Basic ${Buffer.from('me:a:b').toString('base64')}`, 'Bearer t'])
})

test('a header that would end the head is refused', async () => {
  await expect(posterFor({ 'x-a': 'b\r\nx-c: d' }).post(new URL('http://127.0.0.1:1/'), Buffer.from('x'))).rejects.toThrow(
    'the header "x-a" cannot be sent',
  )
})

test('a server that says nothing is status 0 after the time limit', async () => {
  const { port } = await serve(createServer(() => {}))
  const poster = createPoster({ headers: {}, gzip: false, timeoutMs: 50 })
  expect(await poster.post(new URL(`http://127.0.0.1:${port}/`), Buffer.from('x'))).toEqual({ status: 0, retryAfterMs: undefined })
})

test('https, with a certificate that is checked', async (context) => {
  const { certificate, key } = makeCertificate(context, tempFolder(), ['localhost'])
  const options = { cert: readFileSync(certificate), key: readFileSync(key) }
  const { port } = await serve(createSecureServer(options, answerWith({ 'content-length': '2' })))
  const url = new URL(`https://localhost:${port}/`)
  expect((await posterFor().post(url, Buffer.from('x'))).status).toBe(0)
  const before = getCACertificates('default')
  onTestFinished(() => setDefaultCACertificates(before))
  setDefaultCACertificates([...before, options.cert.toString()])
  expect((await posterFor().post(url, Buffer.from('x'))).status).toBe(200)
})

test('over https it trusts what it is told to trust, and an unreadable file costs an answer, not the process', async (context: TestContext) => {
  const files = makeCertificate(context, tempFolder(), ['apm.example'])
  const server = createSecureServer(readCertificate(files), (request, response) => request.resume().on('end', () => response.end()))
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  onTestFinished(() => void server.close())
  const statusWith = async (trusted: readonly string[]): Promise<number> => {
    const poster = createPoster({ headers: {}, trust: { trusted }, gzip: false, timeoutMs: 5000 })
    onTestFinished(() => poster.close())
    return (await poster.post(new URL(`https://127.0.0.1:${port}/v1/traces`), Buffer.from('x'))).status
  }
  expect(await statusWith([files.certificate])).toBe(200)
  expect(await statusWith([])).toBe(0)
  expect(await statusWith([`${files.certificate}.missing`])).toBe(0)
})
