import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tables } from '@spyglass/agent/contract'
import { type CollectorProcess, startCollector } from '../../support/collector-process.ts'
import { freePort } from '../../support/free-port.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { newDataFolder, removeFolder, startStore, type StoreProcess } from '../../support/store-process.ts'
import { until } from '../../support/until.ts'
import { asJson, CARD, MARK, plantedLogs, plantedMetrics, plantedTraces, showsSecret } from './planted-requests.ts'

const data = newDataFolder()
let collector: CollectorProcess | undefined
let store: StoreProcess | undefined

afterAll(async () => {
  await collector?.kill('SIGKILL')
  await store?.kill('SIGKILL')
  removeFolder(data)
})

const signals = [
  ['/v1/traces', 'Traces', plantedTraces],
  ['/v1/logs', 'Logs', plantedLogs],
  ['/v1/metrics', 'Metrics', plantedMetrics],
] as const

async function post(path: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<number> {
  return (await fetch(`${collector?.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body })).status
}

/** Lines as an application, a server and an access log write them. */
function plantLines(): void {
  mkdirSync(join(data, 'logs', 'access'), { recursive: true })
  const time = new Date().toISOString()
  const lines = [
    JSON.stringify({
      level: 'info',
      time,
      process: 'http-1',
      msg: `login password=${MARK}`,
      password: MARK,
      err: { message: `Bearer ${MARK}abc` },
    }),
    `plain line with token: ${MARK} and card ${CARD}`,
    JSON.stringify({ level: 'warn', time, process: 'http-1', msg: 'sql', 'db.statement': `SELECT '${MARK}'`, nested: { apiKey: MARK } }),
  ]
  appendFileSync(join(data, 'logs', 'server.log'), lines.map((line) => `${line}\n`).join(''))
  const access = {
    time,
    application: 'shop',
    'http.request.method': 'GET',
    'url.path': '/x',
    'url.query': `token=${MARK}&q=${MARK}`,
    'http.response.status_code': 200,
  }
  appendFileSync(
    join(data, 'logs', 'access', 'shop.log'),
    `${JSON.stringify(access)}\n${JSON.stringify({ ...access, referer: `http://bob:${MARK}@h/?a=${MARK}` })}\n`,
  )
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
}

test('a secret in any place of any sender is in no file of the write-ahead log, no table and no log', async () => {
  // Without a store everything stays in the log, where it can be looked at.
  const storePort = await freePort()
  plantLines()
  collector = await startCollector({ data, storePort })
  for (const [path, message, planted] of signals) {
    expect(await post(path, new Uint8Array(encodeOtlp(message, planted())), 'application/x-protobuf'), path).toBe(200)
    expect(await post(path, asJson(planted()), 'application/json'), path).toBe(200)
  }
  const files = await until(() => {
    const found = filesBelow(join(data, 'wal'))
    return found.some((path) => path.includes('otel_traces')) && found.some((path) => path.includes('otel_logs')) ? found : undefined
  })
  for (const path of files) expect(showsSecret(readFileSync(path, 'latin1')), path).toBe(false)
  await collector.kill('SIGTERM')
  const quiet = collector.output()
  store = await startStore({ data })
  collector = await startCollector({ data, storePort: store.port })
  const ask = async (sql: string): Promise<string> => (await store?.ask(sql))?.text ?? ''
  await until(async () => Number(await ask('SELECT count() FROM spyglass.otel_traces FORMAT TabSeparated')) > 20)
  await until(
    async () =>
      Number(await ask("SELECT count() FROM spyglass.otel_logs WHERE ServiceName IN ('shop', 'http-1') FORMAT TabSeparated")) >= 4,
  )
  for (const table of Object.keys(tables)) {
    const rows = await ask(`SELECT * FROM spyglass.${table} FORMAT JSONEachRow`)
    expect(showsSecret(rows), `${table}: ${rows.slice(Math.max(0, rows.indexOf(MARK) - 300), rows.indexOf(MARK) + 50)}`).toBe(false)
  }
  expect(await ask('SELECT sum(Calls) > 0 FROM spyglass.sql_1m FORMAT TabSeparated')).toBe('1\n')
  expect(showsSecret(quiet + collector.output())).toBe(false)
})
