/** What Chromium shows of incidents: the inbox, and the address of one. Part of main.process.test.ts, which has the console that they look at. */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { exhausted, POOL } from '../../alert/incidents.ts'
import { until } from '../../../support/until.ts'
import type { Visit } from '../browser.ts'
import { eventRows, redRows, type World } from '../world.ts'

export const INCIDENT = '00112233aabbccdd'
export const OLD_INCIDENT = 'ffeeddccbbaa9988'

export interface Shown {
  readonly world: World
  readonly visit: Visit
  /** Opens a view and waits until it has asked the API once. */
  readonly open: (hash: string) => Promise<void>
  /** What the page does every five seconds, now. */
  readonly refresh: (path: string) => Promise<void>
}

const METRICS = {
  'spyglass.datasource.active_connections': (ms: number) => (ms > -60_000 ? 2 : 1),
  'spyglass.datasource.idle_connections': (ms: number) => (ms > -60_000 ? 0 : 1),
  'db.client.connection.pending_requests': (ms: number) => (ms > -60_000 ? 5 : 0),
  'db.client.connection.max': () => 2,
}

/** What the instance of the incident has in the store: its pool's numbers, its requests, its log. */
async function seedSignal(world: World): Promise<void> {
  const since = world.alerting.incidents().find(({ id }) => id === INCIDENT)?.since ?? 0
  const at = (ms: number): string => new Date(since + ms).toISOString().replace('T', ' ').replace('Z', '')
  const own = { ServiceName: 'cart', ResourceAttributes: { 'service.instance.id': 'http-1@5d6c5d6c' } }
  const minutes = Array.from({ length: 12 }, (_, i) => -600_000 + i * 60_000)
  const gauges = Object.entries(METRICS).flatMap(([MetricName, of]) =>
    minutes.map((ms) => ({
      ...own,
      MetricName,
      Attributes: { 'db.client.connection.pool.name': 'shop' },
      TimeUnix: at(ms),
      Value: of(ms),
    })),
  )
  await world.insert('otel_metrics_gauge', gauges)
  const red = redRows([{ time: since, route: 'GET /cart', requests: 90, errors: 27, ms: 900 }], 'cart')
  await world.insert(
    'red_1m',
    red.map((row) => ({ ...row, Instance: 'http-1@5d6c5d6c' })),
  )
  const line = {
    ...own,
    Timestamp: at(2000),
    SeverityText: 'ERROR',
    SeverityNumber: 17,
    Body: 'GET /cart: no connection became free within 5 s',
  }
  await world.insert('otel_logs', [
    line,
    { ...line, Timestamp: at(-20_000), SeverityText: 'INFO', SeverityNumber: 9, Body: 'export begins' },
  ])
}

/** `shown` is asked when a test runs: before, nothing is started. */
export function incidentTests(shown: () => Shown): void {
  const text = (selector: string): Promise<string> => shown().visit.page.locator(selector).first().innerText()

  test('the inbox has each page with its evidence, also without a receiver, and the header counts what nobody has acknowledged', async () => {
    const { open, visit, world } = shown()
    await open('#/alerts')
    const alert = visit.page.getByRole('row', { name: /PoolExhausted/ }).first()
    expect(await text('.inbox')).toBe('1 firing, 1 not acknowledged.')
    expect(await text('main')).toContain('Pages are only here: no receiver is configured')
    expect(await text('nav [aria-current]')).toContain('1')
    await alert
      .locator('summary')
      .first()
      .click({ position: { x: 3, y: 8 } })
    await alert.locator('.session').waitFor()
    expect(await alert.innerText()).toMatch(
      /session 4712: active for 9 s, waits for Lock: transactionid[\s\S]+blocked by #1, idle in transaction for 14 s UPDATE carts SET n = \?/,
    )
    expect(await alert.getByRole('link', { name: INCIDENT }).getAttribute('href')).toBe(`#/incident/${INCIDENT}`)
    expect(world.alerting.incidents()[0]?.resource).toBe(POOL)
  })

  test('with --demo the inbox has buttons for the two incidents, whose answer is shown beside them', async () => {
    const { open, visit, refresh } = shown()
    const pressed: string[] = []
    await visit.page.route('**/api/v1/demo/*', (route) => {
      pressed.push(new URL(route.request().url()).pathname)
      return route.fulfill({ json: {} })
    })
    onTestFinished(() => visit.page.unroute('**/api/v1/demo/*'))
    await open('#/alerts')
    for (const name of ['Drain the pool', 'Kill the instance']) {
      await visit.page.getByRole('button', { name }).click()
      await visit.page.getByText('Done.').waitFor()
    }
    await refresh('alerts') // the buttons and their outcome stay
    expect(await text('.outcome-place')).toContain('Done.')
    expect(pressed).toEqual(['/api/v1/demo/drain', '/api/v1/demo/kill'])
  })

  test('the link of a page leads to its incident: story, signal, holders, what failed, what changed, the log, what to do', async () => {
    const { open, visit, world } = shown()
    await seedSignal(world)
    await open(`#/incident/${INCIDENT}?range=15m`)
    expect(await text('h1')).toBe('PoolExhausted')
    // what changed before is read from the store after the alert fires; the view asks again every five seconds
    await until(async () => (await text('.incident')).includes('shop 1.2 is loaded'))
    expect(await text('.timeline')).toMatch(/raise[\s\S]+page/)
    expect(await text('.holders')).toMatch(/src\/leak\.js:12[\s\S]+session 4712: active/)
    expect(await text('.incident')).toContain('docs/runbooks/pool-exhausted.md')
    expect(await visit.page.locator('h2').allInnerTexts()).toEqual(
      expect.arrayContaining(['What happened', 'Signal', 'Who held connections', 'What changed in the hour before', 'Log', 'What to do']),
    )
    expect(await text('.chart figcaption')).toMatch(
      /Connections of the pool shop[\s\S]+lent 2[\s\S]+waiting 5[\s\S]+threshold: all connections 2/,
    )
    expect(await visit.page.getByRole('row', { name: /^GET \/cart/ }).innerText()).toMatch(/90\s+27\s+30 %/)
    expect(await visit.page.getByRole('row', { name: /no connection became free/ }).innerText()).toContain('ERROR')
    const trace = visit.page.locator('.holders').getByRole('link', { name: 'trace' }).first()
    expect(await trace.getAttribute('href')).toContain('#/trace/')
    expect(await visit.page.getByLabel('Time range').count()).toBe(0)
  })

  test('the link of a raise that an open incident took in leads to that incident, and so does a link of an earlier version', async () => {
    const { open, world } = shown()
    const again = exhausted('8899aabbccddeeff')
    world.alerting.onEvent(again)
    for (const hash of [`#/incident/${again.incidentId}`, `#/alerts?incident=${again.incidentId}`]) {
      await open(hash)
      expect(await text('.incident')).toMatch(new RegExp(`PoolExhausted[\\s\\S]+firing[\\s\\S]+${INCIDENT}[\\s\\S]+src/leak\\.js:12`))
    }
  })

  test('an incident is acknowledged and silenced at its address; what was typed stays; a silence is ended in the inbox', async () => {
    const { open, visit, world, refresh } = shown()
    await open(`#/incident/${INCIDENT}`)
    const { page } = visit
    await page.getByLabel('Note on PoolExhausted').fill('returning them')
    await refresh(`incidents/${INCIDENT}`)
    await page.getByRole('button', { name: 'Acknowledge' }).click()
    await until(async () => (await text('.incident')).includes('takes care of it'))
    expect(await text('.incident')).toMatch(/acknowledged[\s\S]+returning them/)
    const acknowledged = world.alerting.incidents().flatMap((incident) => incident.acknowledged ?? [])
    expect(acknowledged).toMatchObject([{ by: world.secrets.console.user, note: 'returning them' }])

    await page.getByLabel('Why PoolExhausted is silenced').fill('known')
    await page.getByRole('button', { name: 'Silence' }).click()
    await until(async () => (await text('.timeline')).includes('silences it until'))
    await open('#/alerts')
    const silence = page.getByRole('row', { name: /alertname="PoolExhausted"/ })
    expect(await silence.innerText()).toMatch(/active[\s\S]+known/)
    await silence.getByRole('button', { name: 'End' }).click()
    await silence.waitFor({ state: 'detached' })
    expect(world.alerting.silences()).toMatchObject([{ state: 'expired' }])
  })

  test('a note is an event of its incident, and so in its timeline', async () => {
    const { open, visit, world, refresh } = shown()
    const noted = new Promise<SpyglassEvent>((resolve) => {
      world.registry.onEvent((event) => event.name === 'spyglass.alert.noted' && resolve(event))
    })
    await open(`#/incident/${INCIDENT}`)
    await visit.page.getByLabel('Remark about PoolExhausted').fill('the export took them')
    await visit.page.getByRole('button', { name: 'Add note' }).click()
    const event = await noted
    expect(event).toMatchObject({ incidentId: INCIDENT, message: `${world.secrets.console.user}: the export took them` })
    await world.insert('events', eventRows([event]))
    await refresh(`incidents/${INCIDENT}`)
    expect(await text('.moment.note')).toContain('the export took them')
  })

  test('an incident can be saved as one file', async () => {
    const { open, visit } = shown()
    await open(`#/incident/${INCIDENT}`)
    const downloading = visit.page.waitForEvent('download')
    await visit.page.getByRole('link', { name: 'Save for offline reading' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe(`incident-${INCIDENT}.html`)
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^<!doctype html>[\s\S]+PoolExhausted of spyglass[\s\S]+src\/leak\.js:12/)
  })

  test('the address of an incident shows its events however long ago, and an unknown one says so', async () => {
    const { open, visit } = shown()
    await open(`#/incident/${OLD_INCIDENT}`)
    expect(await text('h1')).toBe('PoolExhausted')
    expect(await visit.page.locator('.moment.raise').count()).toBe(1)
    for (const id of ['0000000000000000', 'not an id']) {
      await open(`#/incident/${encodeURIComponent(id)}`)
      expect(await text('main')).toContain(`Incident ${id} is unknown.`)
    }
    visit.problems.length = 0 // the browser notes the 404 and the 400
  })
}
