import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { SpoolReader } from '../../../collector/src/spool/index.ts'
import { decodeMetrics, plainValue } from '../../support/otlp-definitions.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

const PORT = 4999

/** A server as an instance runs it: it says which application a request is for, and never answers `/never`. */
const PROGRAM = `
import http from 'node:http'
const server = http.createServer((request, response) => {
  request[Symbol.for('spyglass.application')] = 'shop'
  if (!request.url.startsWith('/never')) response.end('ok')
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

/** What is on disk survives the end of the process. */
const isSpooled = (folder: string, text: string): boolean =>
  readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text))

test('a request that runs when its instance is killed is in the access log of its application and in the counts, with the reason', async () => {
  const [folder, logs] = [tempFolder(), join(tempFolder(), 'access')]
  mkdirSync(logs)
  const register = new URL('../../../agent/src/register.ts', import.meta.url).href
  const child = spawn(process.execPath, ['--conditions=spyglass-source', '--import', register, '--input-type=module', '-e', PROGRAM], {
    env: {
      PATH: process.env['PATH'] ?? '',
      SPYGLASS_SPOOL_FOLDER: folder,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${PORT}`,
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=shop-1',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => (text += String(chunk)))
  const port = Number(await until(() => text.trim() || undefined))
  const get = (path: string) => http.get({ port, host: '127.0.0.1', path, headers: { 'user-agent': 'test' } }).on('error', () => {})
  get('/never/1?token=canary')
  // It may be written before the program has said which application it is for, and is then written again.
  await until(() => isSpooled(folder, '"application":"shop"'))
  const ended = new Promise((resolve) => child.on('exit', resolve))
  child.kill('SIGKILL')
  await ended
  const points: Record<string, unknown>[] = []
  const reader = new SpoolReader({
    ownFolder: folder,
    otherFolders: [],
    port: PORT,
    accessLogOf: (application) => ({ enabled: true, format: 'json', to: 'file', file: join(logs, `${application}.log`) }),
    logger: pino({ level: 'silent' }),
    async accept(signal, body) {
      if (signal !== 'metrics') return
      for (const { scopeMetrics } of decodeMetrics(body).resourceMetrics)
        for (const { metrics } of scopeMetrics)
          for (const { name, exponentialHistogram } of metrics)
            for (const { attributes, count } of exponentialHistogram?.dataPoints ?? [])
              points.push({
                name,
                count: Number(count),
                ...Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, plainValue(value)])),
              })
    },
  })
  await reader.readOnce()
  const lines = readFileSync(join(logs, 'shop.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toMatchObject([
    {
      'http.request.method': 'GET',
      'url.path': '/never/1',
      'url.query': 'token=[redacted]',
      'error.type': 'process_crashed',
      aborted: true,
      instance: 'shop-1',
      application: 'shop',
      'user_agent.original': 'test',
    },
  ])
  expect(lines[0]?.['duration_ms']).toBeGreaterThanOrEqual(0)
  expect(points.filter((point) => point['error.type'] === 'process_crashed')).toMatchObject([
    { name: 'http.server.request.duration', count: 1, 'http.request.method': 'GET' },
  ])
  await reader.readOnce()
  expect(readFileSync(join(logs, 'shop.log'), 'utf8').trim().split('\n')).toHaveLength(1)
})
