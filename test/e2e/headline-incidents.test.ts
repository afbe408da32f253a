/**
 * The two incidents that matter most, from their cause to every kind of receiver and back, with the programs that people run: Alertmanager, snmptrapd, a
 * mail server, and webhooks that are slow, dead, redirecting or refusing.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startAlertmanager } from '../support/alertmanager.ts'
import { get, webhookReceiver } from '../support/clients.ts'
import { freePort } from '../support/free-port.ts'
import { startMailServer } from '../support/mail-server.ts'
import { requireTool } from '../support/require-tool.ts'
import { shopFolder, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { trapReceiver } from '../support/trap-receiver.ts'
import { until } from '../support/until.ts'

interface Page {
  readonly status: string
  readonly summary: string
  readonly rule: string
  readonly incidentId: string
  readonly wasMissed?: true
  readonly links: { readonly console: string; readonly runbook?: string }
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A webhook that never accepts a page, until it is told to. */
async function faultyHook(answer: (response: http.ServerResponse) => void) {
  const got: Page[] = []
  const hook = { got, attempts: 0, isWell: false, url: '' }
  const server = http.createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      hook.attempts++
      if (!hook.isWell) return answer(response)
      got.push(JSON.parse(body) as Page)
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return Object.assign(hook, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` })
}

/** Requests that wait for a connection. */
function borrowing(suite: Suite): { stop(): Promise<void> } {
  let isWaiting = true
  const done = (async () => {
    while (isWaiting) await get(`${suite.urls.app}/shop/products`).catch(() => undefined)
  })()
  return { stop: () => ((isWaiting = false), done) }
}

test('an exhausted pool and a failed instance reach every kind of receiver and end there; receivers that are broken delay nobody', async (context) => {
  await using manager = await startAlertmanager(requireTool(context, 'prometheus-alertmanager'))
  const [pages, traps, { mails, port: smtp }] = await Promise.all([webhookReceiver<Page>(), trapReceiver(), startMailServer()])
  const slow = await faultyHook(() => {})
  const redirecting = await faultyHook((response) => response.writeHead(302, { location: pages.url }).end())
  const refusing = await faultyHook((response) => response.writeHead(400, { 'retry-after': '1' }).end())
  await using suite = await startSuite(tempFolder(), {
    applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
    datasources: [{ name: 'shop', file: 'shop.db', min: 1, max: 3, acquireTimeoutMs: 2000, exhaustedAfterMs: 300 }],
    alerting: {
      instanceDownAfterMs: 300,
      receivers: [
        { name: 'slow', url: slow.url, timeoutMs: 1000 },
        { name: 'dead', url: `http://127.0.0.1:${await freePort()}/hook` },
        { name: 'redirecting', url: redirecting.url },
        { name: 'refusing', url: refusing.url },
        { name: 'hook', url: pages.url },
        { name: 'am', type: 'alertmanager', url: manager.url },
        { name: 'mail', type: 'mail', url: `smtp://127.0.0.1:${smtp}`, from: 'spyglass@shop.example', to: ['ops@shop.example'] },
      ],
    },
    snmp: { community: 'public', trapTargets: [{ host: '127.0.0.1', port: traps.port, community: 'public' }] },
  })
  const pageOf = async (rule: string, status: string, isIt: (page: Page) => boolean = () => true): Promise<Page> =>
    await until(() => pages.got.find((one) => one.rule === rule && one.status === status && isIt(one)))
  const mailsOf = (id: string): readonly string[] => mails.map(({ text }) => text).filter((text) => text.includes(`<${id}@spyglass>`))
  const alertOf = async (id: string) => (await manager.alerts()).find(({ labels }) => labels['incident_id'] === id)

  // the pool
  for (let i = 0; i < 3; i++) await get(`${suite.urls.app}/shop/leak`)
  const borrowers = borrowing(suite)
  const exhausted = await pageOf('PoolExhausted', 'firing')
  const pool = exhausted.incidentId
  await until(() => traps.text().includes(pool) && /8072\.9999\.9999\.0\.3\b/.test(traps.text()))
  await until(() => mailsOf(pool).length === 1)
  expect(await until(() => alertOf(pool))).toMatchObject({ labels: { alertname: 'PoolExhausted', pool: 'shop', instance: 'shop-1' } })
  expect(exhausted.links.runbook).toMatch(/\/runbooks\/pool-exhausted$/)
  await get(`${suite.urls.app}/shop/leak/return`)
  await pageOf('PoolExhausted', 'resolved')
  await borrowers.stop()
  await until(() => /8072\.9999\.9999\.0\.4\b/.test(traps.text()))
  await until(() => mailsOf(pool).length === 2)
  await until(async () => (await alertOf(pool)) === undefined)

  // the instance
  process.kill(suite.pidOf('shop-1'), 'SIGKILL')
  const down = (await pageOf('InstanceDown', 'firing')).incidentId
  expect((await pageOf('InstanceDown', 'resolved')).summary).toMatch(/^Instance shop-1 recovered after/)
  await until(() => traps.text().split(down).length >= 3) // its raise and its clear
  await until(() => mailsOf(down).length === 2)
  await until(async () => (await alertOf(down)) === undefined)

  // what is broken has been tried, and learns in one message what it missed
  for (const { attempts, got } of [slow, redirecting, refusing]) expect([attempts > 0, got]).toEqual([true, []])
  refusing.isWell = true
  for (const id of [pool, down]) {
    const missed = await until(() => refusing.got.find(({ incidentId }) => incidentId === id))
    expect([missed.status, missed.wasMissed]).toEqual(['resolved', true])
  }

  // a rehearsal goes the same way, marked as one
  const rehearsed = await suite.run('rehearse', 'poolExhausted', '--seconds', '5')
  const [, rehearsal = ''] = /^Incident ([0-9a-f]{16}) is a rehearsal/.exec(rehearsed.stdout) ?? []
  const isIt = ({ incidentId }: Page): boolean => incidentId === rehearsal
  expect((await pageOf('PoolExhausted', 'firing', isIt)).attributes).toMatchObject({ rehearsal: true })
  expect(rehearsal).toMatch(/^[0-9a-f]{16}$/)
  await until(() => traps.text().includes(rehearsal))
  await until(() => mailsOf(rehearsal).length > 0)
  expect(mailsOf(rehearsal)[0]).toContain('rehearsal')
  await pageOf('PoolExhausted', 'resolved', isIt)
  await until(() => traps.text().split(rehearsal).length >= 3)

  // receivers and windows change while it runs; an address that a command set must not lead inside
  const late = await suite.run('create', 'alerting.receivers.late', `url=${pages.url}`)
  expect([late.code, `${late.stdout}${late.stderr}`]).toEqual([0, expect.not.stringContaining('restart')])
  const tried = await until(async () => {
    const { code, stderr } = await suite.run('invoke', 'receiver.late', 'test')
    return !stderr.includes('SPY_RECEIVER_NAME_UNKNOWN') && { code, stderr }
  })
  expect(tried.code).not.toBe(0)
  expect(tried.stderr).toContain('SPY_RECEIVER_INTERNAL')
  expect((await suite.run('delete', 'alerting.receivers.late')).code).toBe(0)
  expect((await suite.run('create', 'alerting.maintenance.now', 'hours=["00:00-24:00"]')).code).toBe(0)
  const count = pages.got.length
  const quiet = await suite.run('rehearse', 'poolExhausted', '--seconds', '5')
  const [, withheld = ''] = /^Incident ([0-9a-f]{16}) is a rehearsal/.exec(quiet.stdout) ?? []
  expect(withheld).toMatch(/^[0-9a-f]{16}$/)
  await until(() => traps.text().split(withheld).length >= 3) // raise and clear: traps are never withheld
  expect(pages.got.slice(count).filter(({ status }) => status === 'firing')).toEqual([])
})
