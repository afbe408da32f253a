import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Aggregates } from '../../agent/src/aggregate/aggregates.ts'
import { attr, incidentId, objectNameOf, originAttributes, type SpyglassEvent } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { createOtlpExporter, eventLogRecord } from '@spyglass/agent/otlp'
import { StatementShapes } from '@spyglass/agent/sql'
import { readSecrets } from '@spyglass/process/config'
import { type CollectorProcess, startCollector } from '../support/collector-process.ts'
import { newDataFolder, removeFolder, startStore, type StoreProcess } from '../support/store-process.ts'
import { until } from '../support/until.ts'

let store: StoreProcess
let collector: CollectorProcess
const data = newDataFolder()

beforeAll(async () => {
  store = await startStore({ data })
  collector = await startCollector({ data, storePort: store.port, collector: { sealTracesMs: 200, sealOthersMs: 200 } })
})

afterAll(async () => {
  await collector.kill('SIGKILL')
  await store.kill('SIGKILL')
  removeFolder(data)
})

/** Both have the default name, and the same application in a process of the same name. */
const servers = ['9f8e7d6c-0000-4000-8000-000000000000', '11112222-0000-4000-8000-000000000000']
const instances = ['shop-1@11112222', 'shop-1@9f8e7d6c']

interface Sent {
  readonly serverId: string
  readonly requests: number
  /** A process with several applications does not name one for all that it sends. */
  readonly isShared?: boolean
}

/** Sends what an instance sends: aggregates of requests and statements, and an event about it. */
async function sendFrom({ serverId, requests, isShared = false }: Sent): Promise<void> {
  const exporter = createOtlpExporter({
    endpoint: collector.url,
    headers: { authorization: `Bearer ${readSecrets(join(data, 'secrets.yaml')).otlp.token}` },
    resource: {
      [attr.serviceName]: isShared ? 'spyglass' : 'shop',
      [attr.aggregates]: true,
      ...originAttributes({ server: 'spyglass', serverId, process: isShared ? 'http-1' : 'shop-1' }),
      ...(isShared ? {} : { [attr.application]: 'shop' }),
    },
  })
  const now = Date.now()
  const aggregates = new Aggregates(now - 1000)
  const shape = new StatementShapes().of('SELECT 1', 'sqlite')
  const application = isShared ? 'office' : undefined
  for (let n = 0; n < requests; n++) {
    aggregates.countRequest({ method: 'GET', route: '/orders', status: 200, application }, 0.01, now)
    aggregates.countStatement({ shape, system: 'sqlite', pool: 'shop', seconds: 0.001, errorType: '', application })
  }
  exporter.exportMetrics(aggregates.collect(now))
  const resource = objectNameOf(kinds.instance, { name: isShared ? 'http-1' : 'shop-1' })
  const event: SpyglassEvent = {
    name: 'spyglass.instance.down',
    incidentId: incidentId('spyglass.instance.down', resource, now),
    phase: 'raise',
    severity: 'critical',
    resource,
    time: now,
    message: 'down',
    attributes: {},
  }
  exporter.exportLogs([eventLogRecord(event)])
  await exporter.stop(10_000)
}

const ask = async (sql: string): Promise<string[][]> => {
  const { text } = await store.ask(`${sql} FORMAT JSONCompactStringsEachRow`)
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as string[])
}

test('two servers of the same name, with the same application and instance, are two everywhere', async () => {
  await Promise.all([sendFrom({ serverId: servers[0]!, requests: 100 }), sendFrom({ serverId: servers[1]!, requests: 7 })])
  await until(async () => (await ask('SELECT sum(Requests) FROM spyglass.red_1m'))[0]?.[0] === '107')
  for (const [table, count] of [
    ['red_1m', 'Requests'],
    ['sql_1m', 'Calls'],
  ] as const) {
    await until(async () => (await ask(`SELECT sum(${count}) FROM spyglass.${table}`))[0]?.[0] === '107')
    expect(await ask(`SELECT Server, Application, Instance, sum(${count}) FROM spyglass.${table} GROUP BY ALL ORDER BY Instance`)).toEqual([
      ['spyglass', 'shop', instances[0], '7'],
      ['spyglass', 'shop', instances[1], '100'],
    ])
  }
  expect(
    await ask(
      `SELECT DISTINCT ResourceAttributes['${attr.serverName}'], ResourceAttributes['${attr.application}'], ResourceAttributes['service.instance.id'] FROM spyglass.otel_metrics_exp_histogram ORDER BY 3`,
    ),
  ).toEqual(instances.map((instance) => ['spyglass', 'shop', instance]))
  await until(async () => (await ask('SELECT count() FROM spyglass.events'))[0]?.[0] === '2')
  expect(await ask('SELECT Server, Instance, Name FROM spyglass.events ORDER BY Instance')).toEqual(
    instances.map((instance) => ['spyglass', instance, 'spyglass.instance.down']),
  )
})

test('the rows of a process that several applications share name the application of each request', async () => {
  await sendFrom({ serverId: servers[0]!, requests: 3, isShared: true })
  const rows = (table: string, count: string): Promise<string[][]> =>
    ask(`SELECT Application, Instance, sum(${count}) FROM spyglass.${table} WHERE ServiceName = 'spyglass' GROUP BY ALL`)
  await until(async () => (await rows('sql_1m', 'Calls')).length > 0)
  await until(async () => (await rows('red_1m', 'Requests')).length > 0)
  expect(await rows('red_1m', 'Requests')).toEqual([['office', 'http-1@9f8e7d6c', '3']])
  expect(await rows('sql_1m', 'Calls')).toEqual([['office', 'http-1@9f8e7d6c', '3']])
})
