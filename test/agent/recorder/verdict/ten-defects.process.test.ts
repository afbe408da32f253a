/** Ten defects planted in one application with a real PostgreSQL: what the agent sends names the file and line of each. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messageOf, sinkForTest, startApplication } from '../../../support/agent-process.ts'
import type { SinkSpan } from '../../../support/otlp-sink.ts'
import { startPostgres } from '../../../support/postgres.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

const APPLICATION = 'ten-defects.mjs'
const lines = readFileSync(new URL(`../../applications/${APPLICATION}`, import.meta.url), 'utf8').split('\n')
/** The line whose comment names the defect. */
const lineOf = (defect: string): number => lines.findIndex((line) => line.endsWith(`// ${defect}`)) + 1

/** Where a function begins that has the comment in it. */
const functionLine = (defect: string): number => lines.slice(0, lineOf(defect)).findLastIndex((line) => line.startsWith('function ')) + 1

const WAITS = new Set(['statement', 'call', 'pool_wait'])

interface Cause {
  readonly cause: string
  readonly share: number
  readonly location?: string
  readonly heldBy?: string
  readonly peer?: string
  readonly count?: number
}

/** A name server that answers every question late, with 127.0.0.1. */
async function slowNameServer(ms: number): Promise<Socket> {
  const server = createSocket('udp4')
  server.on('message', (question, { port }) => {
    const answer = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1])
    const end = question.indexOf(0, 12) + 5
    const head = Buffer.concat([question.subarray(0, 2), Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])])
    setTimeout(() => server.send(Buffer.concat([head, question.subarray(12, end), answer]), port, '127.0.0.1'), ms)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function slowUpstream(): Promise<http.Server> {
  const server = http.createServer((request, response) => setTimeout(() => response.end('late'), request.url === '/slow' ? 900 : 0))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('ten planted defects are named with their file and line', { timeout: 300_000 }, async (context) => {
  const postgres = await startPostgres(context)
  context.onTestFinished(() => postgres.stop())
  const [names, upstream, sink] = [await slowNameServer(900), await slowUpstream(), await sinkForTest()]
  context.onTestFinished(() => {
    names.close()
    upstream.closeAllConnections()
    upstream.close()
  })
  const goOn = join(tempFolder(), 'go-on')
  const application = startApplication(APPLICATION, {
    env: {
      PGHOST: postgres.host,
      PGPORT: String(postgres.port),
      PGUSER: postgres.user,
      PGDATABASE: postgres.database,
      UPSTREAM_PORT: String((upstream.address() as AddressInfo).port),
      GO_ON: goOn,
      DNS_PORT: String(names.address().port),
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
      SPYGLASS_SLOW_REQUEST_MS: '0.001',
      SPYGLASS_KEPT_PER_SECOND: '10000',
      SPYGLASS_BLOCKED_LOOP: 'on',
      SPYGLASS_PROFILE: 'on',
    },
  })
  const { port } = await messageOf<{ port: number }>(application)
  const ask = async (path: string): Promise<void> => void (await (await fetch(`http://127.0.0.1:${port}${path}`)).text())
  /** The second is asked when the first says that it has begun. */
  const askBoth = async (first: string, second: string): Promise<void> => {
    const hasBegun = messageOf(application)
    const asked = ask(first)
    await hasBegun
    await Promise.all([asked, ask(second)])
  }
  const rootOf = (path: string): Promise<SinkSpan> =>
    until(() =>
      sink.spans.find(({ kind, attributes }) => kind === 2 && attributes['url.path'] === path && attributes['spyglass.partial'] !== true),
    )
  const causesOf = async (path: string): Promise<readonly Cause[]> =>
    JSON.parse(String((await rootOf(path)).attributes['spyglass.verdict.causes'])) as Cause[]
  /** What the request waited for most, beside a processor that a busy machine did not give it. It stands at the line of the comment. */
  const expectWait = async (path: string, expected: Partial<Cause>, defect: string): Promise<void> => {
    const first = (await causesOf(path)).find(({ cause, peer }) => WAITS.has(cause) && (expected.peer ?? peer) === peer)
    const line = lineOf(defect)
    expect(first, defect).toMatchObject({ ...expected, location: expect.stringMatching(new RegExp(`${APPLICATION}:${line}$`)) })
  }
  /** Whose code was on the processor. A profile tells the line at which its function begins, a stack the very line. */
  const expectProcessor = async (path: string, expected: Partial<Cause>, defect: string): Promise<void> => {
    const found = (await causesOf(path)).find(({ cause }) => cause === expected.cause)
    const places = [functionLine(defect), lineOf(defect)].join('|')
    expect(found, defect).toMatchObject({ ...expected, location: expect.stringMatching(new RegExp(`${APPLICATION}:(?:${places})$`)) })
  }

  for (const path of ['/n-plus-one', '/missing-index', '/slow-dependency', '/slow-dns', '/collects', '/large-json', '/leaks', '/starves'])
    await ask(path)
  await askBoth('/holds-the-pool', '/waits-for-the-pool')
  const computed = askBoth('/victim', '/computes')
  await until(() => sink.logs.some(({ body }) => String(body).includes('computePrimes')))
  writeFileSync(goOn, '')
  await computed
  await askBoth('/locks', '/locked')

  await expectWait('/n-plus-one', { cause: 'statement', count: 80 }, 'N+1')
  await expectWait('/missing-index', { cause: 'statement', count: 4 }, 'missing index')
  await expectWait('/waits-for-the-pool', { cause: 'pool_wait' }, 'pool wait')
  expect((await causesOf('/waits-for-the-pool')).find(({ cause }) => cause === 'pool_wait')?.heldBy).toMatch(
    new RegExp(`${APPLICATION}:${lineOf('holds the pool')}$`),
  )
  await expectWait('/slow-dependency', { cause: 'call' }, 'slow dependency')
  await expectWait('/locked', { cause: 'statement' }, 'lock in the database')
  await expectWait('/slow-dns', { cause: 'call', peer: 'DNS orders.internal' }, 'slow DNS')
  expect((await causesOf('/starves')).find(({ cause }) => cause === 'pool_wait')).toMatchObject({
    heldBy: expect.stringMatching(new RegExp(`${APPLICATION}:${lineOf('leak')}$`)),
  })

  await expectProcessor('/victim', { cause: 'other_cpu', peer: 'GET /computes' }, 'CPU loop')
  await expectProcessor('/collects', { cause: 'own_cpu' }, 'GC pressure')
  await expectProcessor('/large-json', { cause: 'own_cpu' }, 'large JSON')
  const collections = (await causesOf('/collects')).find(({ cause }) => cause === 'garbage_collection')
  expect(collections?.share, 'GC pressure').toBeGreaterThan(0.05)
})
