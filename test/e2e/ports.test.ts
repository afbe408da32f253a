/** One table over all ports: what a listener promises holds on each of them, for the clients that people use. */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import { promisify } from 'node:util'
import { createClient } from '@clickhouse/client'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import Jolokia from 'jolokia.js'
import { expect, test, type TestContext } from 'vitest'
import { makeCertificate } from '../support/certificates.ts'
import { command, consoleApi, sql } from '../support/clients.ts'
import { requireTool } from '../support/require-tool.ts'
import { shopFolder, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const execFileAsync = promisify(execFile)
const own = ['management', 'console', 'store', 'otlp'] as const
const all = ['app', ...own] as const
type PortName = (typeof all)[number]

/** Believed by our own ports; the other addresses of loopback are not. */
const PROXY = '127.0.0.2'
const HEADERS_TIMEOUT_MS = 1500

/** A path that asks for a password, and a wrong one of somebody. */
const guesses: Readonly<Record<(typeof own)[number], (i: number) => Ask>> = {
  management: (i) => ({ path: '/api/v1/openapi.json', headers: { authorization: `Basic ${btoa(`user${i}:wrong`)}` } }),
  console: (i) => ({ path: '/api/v1/status', headers: { authorization: `Basic ${btoa(`user${i}:wrong`)}` } }),
  store: (i) => ({ path: '/?query=SELECT+1', headers: { 'x-clickhouse-user': `user${i}`, 'x-clickhouse-key': 'wrong' } }),
  otlp: (i) => ({
    path: '/v1/traces',
    method: 'POST',
    headers: { authorization: `Bearer wrong${i}`, 'content-type': 'application/x-protobuf' },
  }),
}

interface Ask {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly from?: string
}

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

class Ports {
  readonly suite: Suite
  readonly ca: Buffer

  constructor(suite: Suite, certificate: string) {
    this.suite = suite
    this.ca = readFileSync(certificate)
  }

  number(name: PortName): number {
    return Number(new URL(this.suite.urls[name]).port)
  }

  async ask(name: PortName, { path, method = 'GET', headers = {}, from }: Ask): Promise<Answer> {
    const where = { host: '127.0.0.1', port: this.number(name), servername: 'localhost', ca: this.ca, agent: false, localAddress: from }
    const request = https.request({ ...where, path, method, headers })
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let body = ''
    for await (const chunk of response) body += String(chunk)
    return { status: response.statusCode, headers: response.headers, body }
  }

  /** Bytes over TLS; what comes back until the end. */
  async raw(name: PortName, text: string): Promise<string> {
    const socket = tls.connect({ host: '127.0.0.1', port: this.number(name), servername: 'localhost', ca: this.ca })
    socket.write(text)
    return await read(socket)
  }

  /** The fingerprint of the certificate that a port shows. */
  async shown(name: PortName): Promise<string> {
    const socket = tls.connect({ host: '127.0.0.1', port: this.number(name), rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
}

async function read(socket: net.Socket): Promise<string> {
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk)))
  socket.on('error', () => {})
  await once(socket, 'close')
  return answer
}

/** By a name that the certificate has; our own processes come by address. */
const namedUrls = ({ urls }: Suite): Suite['urls'] =>
  Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, url.replace('127.0.0.1', 'localhost')])) as unknown as Suite['urls']

const files = (folder: string) => ({ certificate: join(folder, 'apm.crt'), key: join(folder, 'apm.key') })

async function start(context: TestContext): Promise<{ suite: Suite; ports: Ports; folder: string }> {
  const folder = tempFolder()
  makeCertificate(context, folder, ['localhost', 'apm.example'], 'apm')
  const secure = { tls: { certificates: [files(folder)] } }
  const ours = { ...secure, trustedProxies: [PROXY] }
  const suite = await startSuite(tempFolder(), {
    server: { headersTimeoutMs: HEADERS_TIMEOUT_MS },
    listeners: [{ name: 'http', ...secure }],
    applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
    datasources: [{ name: 'shop', driver: 'sqlite', file: 'shop.db' }],
    management: ours,
    store: ours,
    console: ours,
    collector: { ...ours, credentials: 'required' },
    snmp: { community: 'public' },
  })
  return { suite, ports: new Ports(suite, files(folder).certificate), folder }
}

test('each port keeps each rule, and every client follows to https', async (context: TestContext) => {
  const curl = requireTool(context, 'curl')
  const snmpwalk = requireTool(context, 'snmpwalk')
  const { suite, ports, folder } = await start(context)
  await using _ = suite
  const named = { ...suite, urls: namedUrls(suite) }
  const { certificate } = files(folder)
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(certificate, 'utf8')])

  const shown = ['-sS', '--cacert', certificate, '--http2', '-w', ' %{http_code} %{http_version}']
  for (const name of all) {
    const port = ports.number(name)
    const { stdout } = await execFileAsync(curl, [...shown, `https://localhost:${port}/health`])
    expect(stdout, name).toMatch(/"status":"ok".* 200 2$/)
    await expect(execFileAsync(curl, ['-sS', `https://localhost:${port}/health`]), name).rejects.toMatchObject({ code: 60 })
    expect((await fetch(`https://localhost:${port}/health`)).status, name).toBe(200)
    const old = tls.connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    await expect(once(old, 'secureConnect'), name).rejects.toMatchObject({ code: expect.stringMatching(/^(ERR_SSL|ECONNRESET)/) as string })
    const plain = await fetch(`http://localhost:${port}/health`)
    expect([plain.status, await plain.json()], name).toMatchObject([400, { code: 'SPY_TLS_EXPECTED' }])
    const large = await ports.raw(name, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`)
    expect(large, name).toMatch(/^HTTP\/1\.1 431 [\s\S]*"SPY_REQUEST_HEADERS_TOO_LARGE"/)
    expect(await ports.raw(name, 'nonsense\r\n\r\n'), name).toMatch(/^HTTP\/1\.1 400 [\s\S]*"SPY_REQUEST_MALFORMED"/)
  }

  await Promise.all(
    all.map(async (name) => {
      const began = performance.now()
      expect(await ports.raw(name, 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nX-Slow: '), name).toMatch(
        /^HTTP\/1\.1 408 [\s\S]*"SPY_REQUEST_TIMEOUT"/,
      )
      expect(performance.now() - began, name).toBeGreaterThan(HEADERS_TIMEOUT_MS - 10)
    }),
  )

  for (const name of own) {
    for (const [headers, code] of [
      [{ host: 'evil.example' }, 'SPY_FOREIGN_HOST'],
      [{ host: `evil.example:${ports.number(name)}`, origin: `https://evil.example:${ports.number(name)}` }, 'SPY_FOREIGN_HOST'],
      [{ origin: 'https://evil.example' }, 'SPY_FOREIGN_ORIGIN'],
      [{ origin: 'null' }, 'SPY_FOREIGN_ORIGIN'],
      [{ 'sec-fetch-site': 'cross-site' }, 'SPY_FOREIGN_ORIGIN'],
    ] as const) {
      for (const path of ['/', guesses[name](0).path]) {
        const { status, body } = await ports.ask(name, { path, headers })
        expect([status, JSON.parse(body)], `${name}${path} ${JSON.stringify(headers)}`).toMatchObject([403, { code }])
      }
    }
    expect((await ports.ask(name, { path: '/health', headers: { host: 'balancer.example', origin: 'https://evil.example' } })).status).toBe(
      200,
    )
    expect((await ports.ask(name, { path: '/' })).headers, name).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  }

  // Forty wrong passwords of forty people: one address may have few of them answered at a time, forty addresses all.
  for (const name of own) {
    const refused = async (from: string): Promise<number> => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => {
          const { headers, ...ask } = guesses[name](i)
          return ports.ask(name, { ...ask, from, headers: { ...headers, 'x-forwarded-for': `203.0.113.${i}` } })
        }),
      )
      return answers.filter(({ status }) => status === 429).length
    }
    expect(await refused(PROXY), name).toBe(0)
    expect(await refused('127.0.0.1'), name).toBeGreaterThan(0)
  }

  const { user, password } = suite.secrets.clickhouse.reader
  const clickhouse = createClient({
    url: `https://localhost:${ports.number('store')}`,
    username: user,
    password,
    database: 'spyglass',
    tls: { ca_cert: ports.ca },
  })
  const count = async (table: string, where: string): Promise<number> => {
    const query = `SELECT count() AS n FROM ${table} WHERE ${where}`
    const [row] = await (await clickhouse.query({ query, format: 'JSONEachRow' })).json<{ n: string }>()
    return Number(row?.n)
  }
  const exporter = new OTLPLogExporter({
    url: `https://localhost:${ports.number('otlp')}/v1/logs`,
    headers: { authorization: `Bearer ${suite.secrets.otlp.token}` },
    httpAgentOptions: { ca: ports.ca },
  })
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] })
  provider.getLogger('test').emit({ body: 'over https' })
  await provider.shutdown()
  await until(async () => (await count('otel_logs', "Body = 'over https'")) > 0)
  await Promise.all(Array.from({ length: 5 }, () => ports.ask('app', { path: '/shop/' })))
  await until(async () => (await count('otel_traces', "ServiceName = 'shop'")) > 0)
  await clickhouse.close()

  const jolokia = new Jolokia({ url: `https://localhost:${ports.number('management')}/jolokia` })
  expect(await jolokia.request({ type: 'version' } as never)).toMatchObject({ status: 200 })
  const snmp = ['-v2c', '-c', 'public', `127.0.0.1:${suite.config.snmp.port}`, '1.3.6.1.4.1.8072.9999.9999']
  expect(await command(snmpwalk, snmp)).toContain('"shop-1"')
  const healthy = async (): Promise<boolean> => {
    const status = await consoleApi<{ store: { ok: boolean }; management: { ok: boolean } }>(named, 'status')
    return status.store.ok && status.management.ok
  }
  expect(await healthy()).toBe(true)
  for (const url of ['management', 'console', 'store', 'otlp'] as const) expect(suite.urls[url]).toMatch(/^https:/)
  expect(suite.output()).toContain(`${suite.urls.console}/`)

  // A renewed certificate is shown on every port without a restart, and our own processes go on.
  const next = join(folder, 'next')
  mkdirSync(next)
  makeCertificate(context, next, ['localhost', 'apm.example'], 'apm')
  const before = await ports.shown('console')
  for (const file of ['key', 'certificate'] as const) copyFileSync(files(next)[file], files(folder)[file])
  for (const name of all) await until(async () => (await ports.shown(name)) !== before)
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(certificate, 'utf8')])
  await until(async () => (await healthy()) && (await sql(named, 'SELECT 1')).length === 1)
  const [{ n: earlier } = { n: 0 }] = await sql(named, "SELECT count() AS n FROM otel_traces WHERE ServiceName = 'shop'")
  const after = new Ports(suite, certificate)
  await until(async () => {
    await after.ask('app', { path: '/shop/' })
    const [{ n } = { n: 0 }] = await sql(named, "SELECT count() AS n FROM otel_traces WHERE ServiceName = 'shop'")
    return Number(n) > Number(earlier)
  })
})
