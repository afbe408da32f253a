/** Prometheus itself scrapes what we answer to its Accept header. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createRegistry } from '@spyglass/agent/registry'
import { allKinds, kindNamed } from '@spyglass/mbeans/kinds'
import { exposition } from '@spyglass/mbeans/prometheus'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../support/free-port.ts'
import { requireTool } from '../../../support/require-tool.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

const POOL = 'a "b" \\ c\nd 连接池'

/** Answers scrapes with every metric of every kind; remembers the content types that it answered with. */
async function target(): Promise<{ port: number; types: Set<string> }> {
  const registry = createRegistry({ kindNamed })
  const resources = allKinds.map((kind) => ({
    kind: kind.name,
    keys: Object.fromEntries(kind.keys.map((key) => [key, POOL])),
    values: Object.fromEntries(Object.entries(kind.attributes).map(([name, { values }]) => [name, values?.[0] ?? 1.5])),
  }))
  registry.adopt('test', { time: 0, resources })
  const types = new Set<string>()
  const server = createServer((request, response) => {
    void exposition(registry, request.headers.accept).then(({ contentType, body }) => {
      types.add(contentType)
      response.setHeader('content-type', contentType).end(body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, types }
}

/** @returns the URL of its API */
async function startPrometheus(program: string, scraped: number): Promise<string> {
  const folder = tempFolder('prometheus-')
  const port = await freePort()
  const job = { job_name: 'spyglass', scrape_interval: '1s', static_configs: [{ targets: [`127.0.0.1:${scraped}`] }] }
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: [job] }))
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`]
  const child = spawn(program, args, { stdio: 'ignore' })
  onTestFinished(async () => {
    child.kill()
    await once(child, 'exit')
  })
  return `http://127.0.0.1:${port}/api/v1`
}

interface Answer {
  readonly data: { readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[] }
}

interface Metadata {
  readonly data: readonly { readonly metric: string; readonly type: string; readonly unit: string }[]
}

test('Prometheus takes OpenMetrics from it: every series with its labels, types and units', async (context) => {
  const { port, types } = await target()
  const api = await startPrometheus(requireTool(context, 'prometheus'), port)
  const query = async (text: string) =>
    ((await (await fetch(`${api}/query?query=${encodeURIComponent(text)}`)).json()) as Answer).data.result
  const [leaks] = await until(async () => {
    const found = await query('spyglass_datasource_leaks_total')
    return found.length > 0 && found
  })
  expect([leaks?.metric['name'], leaks?.value[1]]).toEqual([POOL, '1.5'])
  expect((await query('up')).map(({ value }) => value[1])).toEqual(['1'])
  expect([...types]).toEqual(['application/openmetrics-text; version=1.0.0; charset=utf-8'])
  const { data } = (await (await fetch(`${api}/targets/metadata`)).json()) as Metadata
  const known = new Map(data.map(({ metric, type, unit }) => [metric, [type, unit]]))
  expect(known.get('spyglass_server_uptime_seconds')).toEqual(['gauge', 'seconds'])
  expect(known.get('spyglass_listener_sent_bytes')).toEqual(['counter', 'bytes'])
})
