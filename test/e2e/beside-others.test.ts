/**
 * The agent beside other tools that record requests: the application does the same as without it, each request is recorded once, the other tool goes on
 * recording, and what either puts into the headers of calls reaches the service that is called, once.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { sinkForTest } from '../support/agent-process.ts'
import { installFromRegistry } from '../support/from-registry.ts'
import type { OtlpSink } from '../support/otlp-sink.ts'
import { ROOT } from '../support/sources.ts'
import { collect } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

/** As applications load it: one file, which starts in a fraction of the time. */
const REGISTER = new URL('../../agent/dist/register.js', import.meta.url).href
const PATHS = ['/cart/red', '/cart/green', '/cart/blue']
const SETTINGS = {
  SPYGLASS_SLOW_REQUEST_MS: '0.001',
  SPYGLASS_KEPT_PER_SECOND: '10000',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  DD_TRACE_STARTUP_LOGS: 'false',
}

/** Answers some requests, each by way of two calls, goes on until it is told to stop, and ends with a code of its own. */
const APPLICATION = `
const http = require('node:http')
const { UPSTREAM } = process.env
const byHttp = (url) => new Promise((resolve, reject) => http.get(url, (answer) => resolve(answer.toArray().then(String))).on('error', reject))
const server = http.createServer(async (request, response) => {
  response.end((await (await fetch(UPSTREAM + '/by-fetch')).text()) + ' ' + (await byHttp(UPSTREAM + '/by-http')))
})
server.listen(0, '127.0.0.1', async () => {
  for (const path of ${JSON.stringify(PATHS)}) console.log(path, await byHttp('http://127.0.0.1:' + server.address().port + path))
  process.stdin.resume().on('end', async () => {
    console.error('ends')
    server.close()
    await globalThis.finishOthers?.()
    process.exit(3)
  })
})
`

const OWN_SDK = `
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
const sdk = new NodeSDK({
  traceExporter: new OTLPTraceExporter({ url: process.env.THEIRS + '/own/traces' }),
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
  autoDetectResources: false,
})
sdk.start()
globalThis.finishOthers = () => sdk.shutdown()
`

const SENTRY = `
const Sentry = require('@sentry/node')
Sentry.init({ dsn: process.env.THEIRS.replace('//', '//key@') + '/1', tracesSampleRate: 1 })
globalThis.finishOthers = () => Sentry.close(10_000)
`

const DD_TRACE = "require('dd-trace').init()"

const SECOND_API = `
const older = require('opentelemetry-api-1.9')
const newer = require('@opentelemetry/api')
older.trace.getTracer('older').startActiveSpan('older', (span) => { newer.trace.getTracer('newer').startSpan('newer').end(); span.end() })
`

interface Other {
  /** From the registry; without it, those of the project. */
  readonly install?: string
  readonly preload: string
  /** What it recorded. */
  readonly sends: 'while it runs' | 'as it ends' | false
}

const OTHERS: Readonly<Record<string, Other>> = {
  'dd-trace': { install: 'dd-trace@6.21.0', preload: DD_TRACE, sends: 'while it runs' },
  '@sentry/node': { install: '@sentry/node@11.12.0', preload: SENTRY, sends: 'as it ends' },
  'its own OpenTelemetry SDK': { preload: OWN_SDK, sends: 'as it ends' },
  'a second copy of @opentelemetry/api': { preload: SECOND_API, sends: false },
}

test.for(Object.entries(OTHERS))('beside %s', async ([, { install, preload, sends }], context) => {
  const project = await projectWith(context, install)
  writeFileSync(join(project, 'app.cjs'), APPLICATION)
  writeFileSync(join(project, 'other.cjs'), preload)
  const sink = await sinkForTest()
  const alone = await run(project, sends, undefined)
  const both = await run(project, sends, sink)
  expect(both.ended).toEqual(alone.ended)
  expect(both.ended).toMatchObject({ code: 3, stderr: 'ends\n' })
  const roots = sink.spans.filter(({ kind }) => kind === 2)
  expect(roots.map(({ attributes }) => attributes['url.path'])).toEqual(PATHS)
  for (const root of roots) {
    const calls = sink.spans.filter(({ traceId, kind }) => traceId === root.traceId && kind === 3)
    expect(calls.map(({ attributes }) => URL.parse(String(attributes['url.full']))?.pathname)).toEqual(['/by-fetch', '/by-http'])
  }
  // Each header that the other tool writes arrives as well, and none arrives twice.
  expect(both.called).toHaveLength(2 * PATHS.length)
  for (const [at, names] of both.called.entries()) {
    expect(names).toEqual([...new Set(names)])
    expect(names).toEqual(expect.arrayContaining([...(alone.called[at] ?? []), 'traceparent']))
  }
})

/** Runs the application until everybody has sent what was recorded. */
async function run(project: string, sends: Other['sends'], sink: OtlpSink | undefined) {
  const called: string[][] = []
  const bodies: string[] = []
  const upstream = await serverFor(({ rawHeaders }) => called.push(namesIn(rawHeaders)))
  const theirs = await serverFor((_request, body) => bodies.push(body))
  const agent = sink ? ['--conditions=spyglass-source', '--import', REGISTER] : []
  const child = spawn(process.execPath, [...agent, '--import', './other.cjs', 'app.cjs'], {
    cwd: project,
    env: {
      ...SETTINGS,
      PATH: process.env['PATH'],
      XDG_STATE_HOME: tempFolder(),
      UPSTREAM: upstream,
      THEIRS: theirs,
      DD_TRACE_AGENT_URL: theirs,
      ...(sink ? { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint } : {}),
    },
  })
  const ended = collect(child)
  const isTold = (): boolean => PATHS.every((path) => bodies.some((body) => body.includes(path)))
  if (sends === 'while it runs') await Promise.race([ended, until(isTold)])
  if (sink) await Promise.race([ended, until(() => sink.spans.filter(({ kind }) => kind === 2).length >= PATHS.length)])
  child.stdin.end()
  const { code, stdout, stderr } = await ended
  if (sends) expect(isTold(), 'what the other tool recorded').toBe(true)
  expect(bodies.filter((body) => /\/v1\/(?:traces|logs|metrics)/.test(body))).toEqual([]) // calls of the agent are none of the application
  return { called, ended: { code, stdout, stderr } }
}

async function projectWith(context: TestContext, install: string | undefined): Promise<string> {
  const project = install ? await installFromRegistry(context, install, 'hoisted') : tempFolder()
  if (!install) symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))
  return project
}

/** Answers all with an empty object. */
async function serverFor(take: (request: IncomingMessage, body: string) => unknown): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat((await request.toArray()) as Buffer[])
    take(request, (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('latin1'))
    response.end('{}')
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const namesIn = (headers: readonly string[]): string[] => headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
