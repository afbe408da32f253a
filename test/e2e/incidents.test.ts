import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command, consoleApi, get, sql, webhookReceiver } from '../support/clients.ts'
import { collect, runCli, shopFolder, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { trapReceiver } from '../support/trap-receiver.ts'
import { until } from '../support/until.ts'
import { paced } from '../support/slowdown.ts'

interface Page {
  readonly status: 'firing' | 'resolved' | 'reminder' | 'notice'
  readonly summary: string
  readonly rule: string
  readonly incidentId: string
  readonly holders: readonly { readonly location: string; readonly route: string }[]
}

const applications = [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }]

async function drain(suite: Suite, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await get(`${suite.urls.app}/shop/leak`)
}

test('draining the pool pages and traps within 15 s with the holders, returning clears both with the same incident id', async () => {
  const pages = await webhookReceiver<Page>()
  const traps = await trapReceiver()
  await using suite = await startSuite(tempFolder(), {
    applications,
    datasources: [{ name: 'shop', file: 'shop.db', min: 1, max: 3, acquireTimeoutMs: 2000 }],
    alerting: { receivers: [{ name: 'test', url: pages.url }] },
    snmp: { community: 'public', trapTargets: [{ host: '127.0.0.1', port: traps.port, community: 'public' }] },
  })
  await drain(suite, 3)
  const drainedAt = Date.now()
  let waiting = true
  const borrower = (async () => {
    while (waiting) await get(`${suite.urls.app}/shop/products`)
  })()
  const page = await until(() => pages.got.find(({ status }) => status === 'firing'))
  const pagedMs = Date.now() - drainedAt
  expect(pagedMs).toBeLessThan(paced(15_000))
  expect(page).toMatchObject({ rule: 'PoolExhausted', incidentId: expect.stringMatching(/^[0-9a-f]{16}$/) })
  expect(page.holders).toHaveLength(3)
  for (const { location } of page.holders) expect(location).toMatch(/shop.*\.ts:\d+$/)
  const trapped = await until(() => traps.text().includes(page.incidentId) && traps.text())
  expect(trapped).toMatch(/8072\.9999\.9999\.0\.3\b/)
  expect(trapped).toMatch(/\.ts:\d+/)
  const { pools } = await consoleApi<{ pools: { state: string; borrowers: { location: string }[] }[] }>(suite, 'pools')
  expect(pools[0]).toMatchObject({ state: 'exhausted' })
  expect(pools[0]?.borrowers.filter(({ location }) => /\.ts:\d+$/.test(location))).toHaveLength(3)

  await get(`${suite.urls.app}/shop/leak/return`)
  const resolved = await until(() => pages.got.find(({ status }) => status === 'resolved'))
  waiting = false
  await borrower
  expect(resolved.incidentId).toBe(page.incidentId)
  expect(resolved.summary).toMatch(/^Pool shop of shop-1 recovered after [\d.]+ (ms|s|min)(; \d+ requests? failed)?\.$/)
  await until(() => /8072\.9999\.9999\.0\.4\b/.test(traps.text()))
  expect(traps.text().split(page.incidentId).length).toBeGreaterThanOrEqual(3)
  const rows = await until(async () => {
    const found = await sql(
      suite,
      `SELECT Name, IncidentId FROM spyglass.events WHERE IncidentId = '${page.incidentId}' AND Name LIKE 'spyglass.pool.%' ORDER BY Time`,
    )
    return found.length === 2 && found
  })
  expect(rows.map(({ Name }) => Name)).toEqual(['spyglass.pool.exhausted', 'spyglass.pool.recovered'])
  expect(pages.got.filter(({ status }) => status === 'firing')).toHaveLength(1)

  // a rehearsal goes the same way, and clears by itself
  const rehearsed = await collect(runCli(['rehearse', 'poolExhausted', '--seconds', '5', '--data', suite.data]))
  const [, rehearsal = ''] = /^Incident ([0-9a-f]{16}) is a rehearsal/.exec(rehearsed.stdout) ?? []
  const of = (status: string) => () => pages.got.find((one) => one.status === status && one.incidentId === rehearsal)
  expect(await until(of('firing'))).toMatchObject({ rule: 'PoolExhausted', attributes: { rehearsal: true } })
  expect((await until(of('firing'))).summary).toContain('This is a rehearsal by')
  await until(of('resolved'))
  await until(() => traps.text().split(rehearsal).length >= 3)
})

test('requests that leaked a connection are kept though they were fast: the traces that the event names are stored', async () => {
  await using suite = await startSuite(tempFolder(), {
    applications,
    datasources: [{ name: 'shop', file: 'shop.db', min: 1, max: 3, acquireTimeoutMs: 2000, exhaustedAfterMs: 300 }],
  })
  await drain(suite, 3)
  await get(`${suite.urls.app}/shop/products`) // somebody must wait for the pool to be exhausted
  const [event] = await until(async () => {
    const rows = await sql(suite, "SELECT Holders FROM spyglass.events WHERE Name = 'spyglass.pool.exhausted'")
    return rows.length > 0 && rows
  })
  const holders = JSON.parse(String(event?.['Holders'])) as { traceId: string; route: string }[]
  expect(holders.map(({ route }) => route)).toEqual(['/shop/leak', '/shop/leak', '/shop/leak'])
  const named = holders.map(({ traceId }) => traceId).toSorted()
  const stored = await until(async () => {
    const rows = await sql(
      suite,
      `SELECT TraceId, SpanName, SpanAttributes['spyglass.keep.reason'] AS Reason, SpanAttributes['spyglass.application'] AS Application
       FROM spyglass.otel_traces WHERE ParentSpanId = '' AND TraceId IN ('${named.join("','")}') ORDER BY TraceId`,
    )
    return rows.length === named.length && rows
  })
  expect(stored.map(({ TraceId }) => TraceId)).toEqual(named)
  for (const row of stored) expect(row).toMatchObject({ SpanName: 'GET /shop/leak', Reason: 'leak', Application: 'shop' })
})

test('an instance killed with -9 is back within 2 s; down and up have one id in event, trap and notification, and nobody is paged', async () => {
  const pages = await webhookReceiver<Page>()
  const traps = await trapReceiver()
  await using suite = await startSuite(tempFolder(), {
    applications,
    datasources: [{ name: 'shop', file: 'shop.db' }],
    alerting: { receivers: [{ name: 'test', url: pages.url }], instanceDownAfterMs: 240_000 },
    snmp: { community: 'public', trapTargets: [{ host: '127.0.0.1', port: traps.port, community: 'public' }] },
  })
  await until(async () =>
    (await command('snmpget', ['-v2c', '-c', 'public', '-Oqv', `127.0.0.1:${suite.config.snmp.port}`, '1.3.6.1.2.1.1.1.0'])).includes(
      'Spyglass',
    ),
  )
  process.kill(suite.pidOf('shop-1'), 'SIGKILL')
  const killedAt = Date.now()
  await until(async () => (await get(`${suite.urls.app}/shop/products`)).status === 200) // 503 when nobody has served for two seconds
  const answeredMs = Date.now() - killedAt
  expect(answeredMs).toBeLessThan(paced(4000))
  const rows = await until(async () => {
    const found = await sql(suite, "SELECT Name, IncidentId FROM spyglass.events WHERE Name LIKE 'spyglass.instance.%' ORDER BY Time")
    return found.length === 2 && found
  })
  expect(rows.map(({ Name }) => Name)).toEqual(['spyglass.instance.down', 'spyglass.instance.up'])
  expect(rows[0]?.['IncidentId']).toBe(rows[1]?.['IncidentId'])
  await until(() => traps.text().split(String(rows[0]?.['IncidentId'])).length >= 3)
  expect(pages.got).toEqual([])
  const down = readFileSync(join(suite.data, 'logs/server.log'), 'utf8')
    .split('\n')
    .find((line) => line.includes('"spyglass.instance.down"'))
  expect(JSON.parse(down ?? '{}')).toMatchObject({ level: 'error', incidentId: rows[0]?.['IncidentId'] })
})

test('a planned stop is told by SNMP and to people, so that silence otherwise means failure', async () => {
  const pages = await webhookReceiver<Page>()
  const traps = await trapReceiver()
  const suite = await startSuite(tempFolder(), {
    server: { name: 'shop-prod' },
    applications,
    datasources: [{ name: 'shop', file: 'shop.db' }],
    alerting: { receivers: [{ name: 'test', url: pages.url }] },
    snmp: { community: 'public', trapTargets: [{ host: '127.0.0.1', port: traps.port, community: 'public' }] },
  })
  const ended = once(suite.keeper, 'exit')
  suite.keeper.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  await until(() => /8072\.9999\.9999\.0\.12\b/.test(traps.text()))
  expect(traps.text()).toMatch(/101\.13\.0 = STRING: "shop-prod"/)
  expect(pages.got).toMatchObject([{ status: 'notice', rule: 'ServerStopping', summary: expect.stringContaining('shop-prod') as string }])
})

test('an application that cannot be loaded beside others pages with its reason', async () => {
  const pages = await webhookReceiver<Page>()
  const bad = tempFolder()
  writeFileSync(join(bad, 'package.json'), '{ "name": "bad", "type": "module", "main": "main.js" }')
  writeFileSync(join(bad, 'main.js'), "export default async () => { throw new RangeError('no licence') }\n")
  await using suite = await startSuite(tempFolder(), {
    applications: [
      { name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'], isolation: 'shared' },
      { name: 'bad', folder: bad, contextPath: '/bad', isolation: 'shared' },
    ],
    datasources: [{ name: 'shop', file: 'shop.db' }],
    alerting: { receivers: [{ name: 'test', url: pages.url }] },
  })
  const page = await until(() => pages.got.find(({ rule }) => rule === 'ApplicationFailed'))
  expect(page.summary).toMatch(/^Application bad of http-1 could not be loaded.*no licence/)
  expect((await get(`${suite.urls.app}/shop/products`)).status).toBe(200)
})

test('an incident is acknowledged, its alert silenced, and a receiver tried, over HTTP and by command; it outlives kill -9 of the collector', async () => {
  const pages = await webhookReceiver<Page>()
  await using suite = await startSuite(tempFolder(), {
    applications,
    datasources: [{ name: 'shop', file: 'shop.db', min: 1, max: 3, acquireTimeoutMs: 2000, exhaustedAfterMs: 300 }],
    alerting: { receivers: [{ name: 'test', url: pages.url }] },
  })
  await drain(suite, 3)
  const borrower = get(`${suite.urls.app}/shop/products`)
  const { incidentId } = await until(() => pages.got.find(({ status }) => status === 'firing'))
  await borrower
  const acknowledged = { method: 'POST', body: { by: 'Mara', note: 'returning them' } } as const
  await consoleApi(suite, `incidents/${incidentId}/acknowledge`, acknowledged)
  const silence = {
    matchers: [{ name: 'alertname', value: 'PoolExhausted', isRegex: false, isEqual: true }],
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    createdBy: 'Mara',
    comment: 'known',
  }
  const { silenceID } = await consoleApi<{ silenceID: string }>(suite, 'silences', { method: 'POST', body: silence })
  const collector = suite.pidOf('collector')
  process.kill(collector, 'SIGKILL')
  await until(() => suite.pidOf('collector') !== collector)
  const states = async () =>
    (await consoleApi<{ id: string; status: { state: string } }[]>(suite, 'silences')).map((one) => one.status.state)
  await until(async () => (await states().catch(() => [])).join() === 'active')
  const { incidents } = await consoleApi<{ incidents: { id: string; acknowledged?: { by: string } }[] }>(suite, 'alerts')
  expect(incidents.find(({ id }) => id === incidentId)?.acknowledged).toMatchObject({ by: 'Mara', note: 'returning them' })

  const listed = await collect(runCli(['invoke', 'alerting', 'silences', '--data', suite.data]))
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining(silenceID) as string })
  const ended = await collect(runCli(['invoke', 'alerting', 'expireSilence', '--id', silenceID, '--data', suite.data]))
  expect(ended.code).toBe(0)
  expect(await states()).toEqual(['expired'])
  await expect(consoleApi(suite, `silences/${silenceID}x`, { method: 'DELETE' })).rejects.toThrow('SPY_SILENCE_NAME_UNKNOWN')
  await expect(consoleApi(suite, 'silences', { method: 'POST', body: { ...silence, matchers: [] } })).rejects.toThrow('422')
  const tried = await collect(runCli(['invoke', 'receiver.test', 'test', '--data', suite.data]))
  expect(tried).toMatchObject({ code: 0, stdout: expect.stringContaining('test has accepted a test page') as string })
  expect(pages.got.at(-1)).toMatchObject({ status: 'test', severity: 'info' })
  const unknown = await collect(runCli(['invoke', 'receiver.nobody', 'test', '--data', suite.data]))
  expect(unknown).toMatchObject({ code: 4, stderr: expect.stringContaining('SPY_RECEIVER_NAME_UNKNOWN') as string })
  const history = await collect(runCli(['history', '--data', suite.data]))
  for (const operation of ['acknowledge', 'silence', 'expireSilence']) expect(history.stdout).toContain(`invoke alerting.${operation}`)
})

test('a rule in the folder of the server pages as the shipped ones do', async () => {
  const pages = await webhookReceiver<Page>()
  const rules = tempFolder()
  writeFileSync(
    join(rules, 'files-open.yaml'),
    `name: FilesOpen
severity: warning
when:
  threshold: { value: nodeProcess.openFileDescriptors, above: 1 }
text: '{process} has open files'
help: It always has.
`,
  )
  writeFileSync(join(rules, 'wrong.yaml'), 'name: Wrong\n')
  await using suite = await startSuite(tempFolder(), {
    applications,
    datasources: [{ name: 'shop', file: 'shop.db' }],
    alerting: { receivers: [{ name: 'test', url: pages.url }], rules },
  })
  const page = await until(() => pages.got.find(({ rule, summary }) => rule === 'FilesOpen' && summary.includes('shop-1')))
  expect(page.summary).toMatch(/[\w-]+ has open files: \d+/) // all processes have, which is one page
  expect(readFileSync(join(suite.data, 'logs/server.log'), 'utf8')).toMatch(/SPY_ALERT_RULE_INVALID.*wrong\.yaml/)
  expect(readFileSync(join(suite.data, 'grafana/alerting/spyglass.yaml'), 'utf8')).toContain('spyglass-files-open')
})
