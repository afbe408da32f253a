/** Plans of slow statements, and the cancellation of running ones, with real databases. */
import { createConnection, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { type AgentProcess, messageOf, sinkForTest, startApplication } from '../../support/agent-process.ts'
import { startMariaDb } from '../../support/mariadb.ts'
import type { OtlpSink } from '../../support/otlp-sink.ts'
import { startPostgres } from '../../support/postgres.ts'
import type { TestServer } from '../../support/server-process.ts'
import { until } from '../../support/until.ts'

/** Counts the connections that are opened to a database. */
async function counted(database: TestServer): Promise<{ readonly port: number; readonly opened: () => number }> {
  let opened = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    opened++
    const upstream = createConnection(database.port, database.host)
    for (const [from, to] of [[socket, upstream] as const, [upstream, socket] as const]) {
      sockets.add(from)
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, opened: () => opened }
}

interface Started {
  readonly application: AgentProcess
  readonly sink: OtlpSink
  readonly opened: () => number
  readonly ask: (path: string) => Promise<string>
}

async function started(context: TestContext, system: 'pg' | 'mysql', settings: Record<string, string>): Promise<Started> {
  const database = await (system === 'pg' ? startPostgres : startMariaDb)(context)
  onTestFinished(() => database.stop())
  const [{ port, opened }, sink] = [await counted(database), await sinkForTest()]
  const application = startApplication('explained.mjs', {
    env: {
      [system === 'pg' ? 'PGPORT' : 'MYSQL_PORT']: String(port),
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
      SPYGLASS_KEPT_PER_SECOND: '10000',
      SPYGLASS_SLOW_STATEMENT_MS: '0',
      ...settings,
    },
  })
  const { port: own } = await messageOf<{ port: number }>(application)
  return { application, sink, opened, ask: async (path) => await (await fetch(`http://127.0.0.1:${own}${path}`)).text() }
}

const plansOf = (sink: OtlpSink): string[] =>
  sink.spans.flatMap(({ attributes }) => (attributes['spyglass.sql.plan'] as string | undefined) ?? [])

/** Asked for until a request of it has the plan. */
async function planOf({ ask, sink }: Started, path: string): Promise<string> {
  const before = plansOf(sink).length
  return await until(async () => {
    expect(await ask(path)).toBe('done')
    return plansOf(sink)[before]
  })
}

test('a planted missing index of PostgreSQL shows, and neither literal nor parameter is in what is sent', async (context) => {
  const app = await started(context, 'pg', { SPYGLASS_EXPLAIN: 'on' })
  const plan = await planOf(app, '/pg')
  expect(plan).toMatch(/^Seq Scan on orders {2}\(cost=0\.00\.\.\d+\.\d\d rows=\d+ width=4\)\n {2}Filter: /)
  expect(plan).toMatch(/Filter: \(\(total > \?\) AND \(\(note\)::text = \?::text\)\)$/)
  const { opened, sink, ask } = app
  expect(opened()).toBe(2)
  for (const path of ['/pg', '/pg-many', '/pg-write', '/pg']) await ask(path)
  expect(opened()).toBe(2)
  expect(JSON.stringify([sink.spans, sink.logs, sink.points])).not.toMatch(/planted-literal|77123456/)
})

test('a planted missing index of MariaDB shows, for query and execute', async (context) => {
  const app = await started(context, 'mysql', { SPYGLASS_EXPLAIN: 'on' })
  expect(await planOf(app, '/mysql')).toMatch(/^SIMPLE orders {2}type=ALL rows=\d+ {2}Using where$/)
  expect(await planOf(app, '/mysql-prepared')).toMatch(/^SIMPLE orders {2}type=ALL /)
  expect(app.opened()).toBe(3)
  expect(JSON.stringify([app.sink.spans, app.sink.logs, app.sink.points])).not.toMatch(/planted-literal|77123456/)
})

test('a plan that cannot be had is counted, and the application notices nothing', async (context) => {
  const { ask, opened, sink } = await started(context, 'pg', { SPYGLASS_EXPLAIN: 'on', SPYGLASS_METRICS_INTERVAL_MS: '200' })
  const faults = () =>
    sink.points.findLast(({ metric, attributes }) => metric === 'spyglass.agent.dropped' && attributes['reason'] === 'hook_fault')
  await until(async () => {
    expect(await ask('/pg-temporary')).toBe('done')
    return Number(faults()?.asDouble) > 0
  })
  expect([Number(faults()?.asDouble), opened(), plansOf(sink)]).toEqual([1, 2, []])
})

test('off by default, no connection is opened', async (context) => {
  const { ask, opened, sink } = await started(context, 'pg', {})
  for (let turn = 0; turn < 5; turn++) await ask('/pg')
  await until(() => sink.spans.filter(({ name }) => name.startsWith('SELECT')).length >= 5)
  expect([opened(), plansOf(sink)]).toEqual([1, []])
})

const CANCELLED = [
  ['pg', '/pg-sleep', '57014'],
  ['mysql', '/mysql-sleep', 'ER_QUERY_INTERRUPTED'],
] as const

for (const [system, path, code] of CANCELLED) {
  test(`${system}: the running statement of a cancelled request is cancelled`, async (context) => {
    const { application, ask, opened } = await started(context, system, { SPYGLASS_CANCEL_STATEMENTS: 'on' })
    const answered = ask(path).catch(() => 'cut off')
    const ended = new Promise((resolve) => application.child.on('message', (message: object) => 'ended' in message && resolve(message)))
    await cancelled(application)
    expect(await answered).toBe('cut off')
    // The statement would take 1000 s.
    expect(await ended).toEqual({ ended: code })
    expect(opened()).toBe(2)
  })
}

test('a running statement is not cancelled by default', async (context) => {
  const { application, ask, opened } = await started(context, 'pg', {})
  const answered = ask('/pg-sleep').catch(() => 'cut off')
  await cancelled(application)
  expect([await answered, opened()]).toEqual(['cut off', 1])
})

test('both are switched on and off while the process runs', async (context) => {
  const app = await started(context, 'pg', {})
  const { application, ask, opened } = app
  const configure = async (settings: object): Promise<void> => {
    const configured = new Promise((resolve) =>
      application.child.on('message', (message: object) => 'configured' in message && resolve(message)),
    )
    application.child.send({ configure: settings })
    await configured
  }
  expect([await ask('/pg'), opened()]).toEqual(['done', 1])
  await configure({ explain: true })
  expect(await planOf(app, '/pg')).toMatch(/^Seq Scan on orders/)
  await configure({ explain: false, cancelStatements: true })
  // It would be asked for the plan of this one, which nobody can have.
  expect([await ask('/pg-temporary'), opened()]).toEqual(['done', 2])
  const answered = ask('/pg-sleep').catch(() => 'cut off')
  await cancelled(application)
  expect(await answered).toBe('cut off')
  await until(() => opened() === 3)
  await configure({ cancelStatements: false })
  expect(await ask('/pg')).toBe('done')
})

/** Asked for until there is a request with a statement that runs. */
async function cancelled(application: AgentProcess): Promise<void> {
  await until(async () => {
    application.child.send('cancel')
    const { cancelled: done } = await messageOf<{ cancelled?: readonly boolean[] }>(application)
    return done?.includes(true)
  })
}
