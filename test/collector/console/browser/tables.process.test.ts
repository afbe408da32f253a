/** Every table and panel of the console where its data is odd: absent, the same twice, too much, or not to be had. */
import { kinds } from '@spyglass/mbeans/kinds'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { register } from '../../../snmp-bridge/support/management.ts'
import { exhausted } from '../../alert/incidents.ts'
import { logIn, openBrowser, type Visit } from '../browser.ts'
import {
  errorRows,
  eventRows,
  redRows,
  registerResources,
  slowTrace,
  spanRows,
  sqlRows,
  startWorld,
  traceTimes,
  type World,
} from '../world.ts'

const TRACE = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const LATEST = 'f1b2c3d4e5f60718293a4b5c6d7e8f97'

let world: World
let visit: Visit

/** What is left of a process that is silent: names, texts and states. */
function registerSilent(): void {
  register(world.registry, kinds.instance, { name: 'silent-1' }, { state: 'unknown' })
  const pool = { state: 'unknown', driver: 'pg', target: 'db/audit', lastError: '' }
  register(world.registry, kinds.datasource, { instance: 'silent-1', name: 'audit' }, pool)
}

async function seed(): Promise<void> {
  const now = Date.now()
  const minute = now - 120_000
  const spans = [...slowTrace(TRACE, now - 100_000), ...slowTrace(LATEST, now - 70_000)]
  await world.insert('otel_traces', spanRows(spans))
  await world.insert('otel_traces_trace_id_ts', traceTimes(spans))
  await world.insert('red_1m', redRows([{ time: minute, route: 'GET /shop/orders', requests: 4000, ms: 180 }]))
  await world.insert('sql_1m', [
    ...sqlRows(minute),
    ...sqlRows(minute).map((row) => ({ ...row, Pool: '', DbSystem: 'postgresql' })),
    ...sqlRows(minute).map((row) => ({ ...row, Pool: '', DbSystem: 'mysql' })),
  ])
  await world.insert('errors_1m', errorRows(minute))
  const leak = { ...exhausted('00112233aabbccdd', { time: now - 60_000 }), holders: [] }
  await world.insert('events', eventRows([leak, { ...leak, message: 'the same at the same time' }]))
  registerResources(world.registry, TRACE)
  registerSilent()
}

beforeAll(async () => {
  world = await startWorld()
  await seed()
  visit = await openBrowser()
  await logIn(visit.page, world.url, world.secrets.console)
})

afterAll(async () => {
  await visit?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

async function open(hash: string): Promise<void> {
  await visit.page.goto('about:blank')
  await visit.page.goto(`${world.url}/${hash}`)
  await visit.page.locator('body[data-loaded]').waitFor()
}

async function refresh(path: string): Promise<void> {
  const answered = visit.page.waitForResponse(`**/api/v1/${path}*`)
  await visit.page.evaluate("delete document.body.dataset.loaded; document.dispatchEvent(new Event('visibilitychange'))")
  await answered
  await visit.page.locator('body[data-loaded]').waitFor()
}

const main = (): Promise<string> => visit.page.locator('#main').innerText()

/** Answers of the API at this path fail until the end of the test. */
async function failing(path: string): Promise<void> {
  const url = `**/api/v1/${path}*`
  await visit.page.route(url, (route) => route.fulfill({ status: 503, json: { code: 'SPY_TEST', detail: `no ${path}` } }))
  onTestFinished(async () => {
    await visit.page.unroute(url)
    visit.problems.length = 0 // the browser notes the 503
  })
}

describe('in Chromium', () => {
  test('what is not known of a silent process is a dash, and never zero', async () => {
    await open('#/')
    const cells = await visit.page
      .getByRole('row', { name: /silent-1/ })
      .locator('td')
      .allInnerTexts()
    expect(cells.slice(0, 2)).toEqual(['silent-1', 'unknown'])
    expect(new Set(cells.slice(2))).toEqual(new Set(['–']))
    await open('#/pools')
    const pool = await visit.page.locator('.pool', { hasText: 'audit' }).innerText()
    expect(pool).toContain('– of – lent, – idle, – waiting')
    expect(pool).toContain('who holds connections is not known')
    expect(pool).not.toMatch(/NaN|undefined|null|\b0\b/)
  })

  test('rows that are alike in all but one column are all shown, and stay at a refresh', async () => {
    for (const [hash, path, rows] of [
      ['#/statements', 'statements', 6],
      ['#/alerts', 'events', 2],
    ] as const) {
      await open(hash)
      await refresh(path)
      await refresh(path)
      expect(
        await visit.page
          .locator('tbody tr')
          .filter({ has: visit.page.locator('td') })
          .count(),
      ).toBeGreaterThanOrEqual(rows)
    }
    expect(await main()).toContain('the same at the same time')
  })

  test.each([
    ['#/', 'Route'],
    ['#/statements', 'Calls'],
    ['#/errors', 'Count'],
    ['#/slow', 'Time'],
    ['#/alerts', 'Severity'],
  ])('on %s the focus stays on the button that sorted by %s', async (hash, name) => {
    await open(hash)
    const button = visit.page.locator('button.sort', { hasText: new RegExp(`^${name}`) }).last()
    await button.focus()
    for (const order of ['descending', 'ascending']) {
      await visit.page.keyboard.press('Enter')
      await visit.page.locator(`th[aria-sort=${order}]`, { hasText: name }).waitFor()
      expect(await visit.page.evaluate('document.activeElement.textContent')).toContain(name)
    }
  })

  test('a list that is cut says so', async () => {
    const minute = Date.now() - 120_000
    const [row] = errorRows(minute)
    await world.insert(
      'errors_1m',
      Array.from({ length: 501 }, (_, i) => ({ ...row, ServiceName: 'many', Fingerprint: i.toString(16).padStart(16, '0') })),
    )
    await open('#/errors?service=many')
    expect(await main()).toContain('Only the first 500 kinds by their number are shown.')
    await open('#/errors?service=shop')
    expect(await main()).not.toContain('Only the first')
    await world.insert(
      'red_1m',
      redRows(
        Array.from({ length: 201 }, (_, i) => ({ time: minute, route: `GET /${i}`, requests: 1, ms: 1 })),
        'many',
      ),
    )
    await open('#/?service=many')
    expect(await main()).toContain('Only the first 200 routes by the time spent in them are shown.')
  })

  test.each(['#/', '#/slow', '#/statements', '#/errors', '#/pools', '#/alerts', '#/incident/00112233aabbccdd', `#/trace/${TRACE}`])(
    'every link of %s keeps range and service',
    async (hash) => {
      const from = Date.now() - 3_000_000
      const kept = `from=${from}&to=${from + 3_600_000}&service=shop`
      await open(`${hash}${hash.includes('?') ? '&' : '?'}${kept}`)
      const links = await visit.page
        .locator('a[href^="#/"]')
        .evaluateAll((all) => all.map((a) => (a as { getAttribute(n: string): string }).getAttribute('href')))
      expect(links.length).toBeGreaterThan(6)
      for (const link of links) expect(`${link}&`).toMatch(new RegExp(`[?&]from=${from}&to=${from + 3_600_000}&service=shop&`))
    },
  )

  test.each([
    ['#/', 'red', 'silent-1'],
    ['#/', 'instances', 'GET /shop/orders'],
    ['#/pools', 'pool-series', '2 of 2 lent'],
    ['#/pools', 'pools', 'Datasources'],
    ['#/alerts', 'alerts', 'the same at the same time'],
    ['#/alerts', 'events', 'Pages'],
    ['#/alerts', 'silences', 'the same at the same time'],
    ['#/slow', 'slow-requests', 'Slow requests'],
    ['#/statements', 'statements', 'Statements'],
    ['#/errors', 'errors', 'Errors'],
    ['#/slow', 'status', 'GET /shop/orders'],
    ['#/slow', 'services', 'GET /shop/orders'],
  ])('on %s, when %s cannot be had, the rest is shown, with the reason', async (hash, path, rest) => {
    await failing(path)
    await open(hash)
    expect(await main()).toContain(rest)
    if (path !== 'status' && path !== 'services') expect(await main()).toContain(`no ${path}`)
  })

  test('slow requests are sorted by time and duration over all pages; by anything else, this page alone, which it says', async () => {
    await open('#/slow?sort=-time')
    expect(await main()).toContain('newest first')
    const start = Date.now() - 80_000
    const spans = Array.from({ length: 120 }, (_, i) => ({
      traceId: `e${String(i).padStart(31, '0')}`,
      spanId: `e${String(i).padStart(15, '0')}`,
      name: 'GET /paged',
      kind: 'Server',
      start: start + i,
      ms: 500 + i,
      attributes: { 'spyglass.keep.reason': 'slow' },
    }))
    await world.insert('otel_traces', spanRows(spans))
    const first = async (): Promise<string | null> => visit.page.locator('tbody tr').first().getAttribute('data-key')
    await open('#/slow?route=GET+/paged&sort=time')
    expect(await main()).toContain('1–100 of 120 kept requests in the range, oldest first')
    expect(await first()).toMatch(/^e0+ /)
    await visit.page.getByRole('button', { name: 'Next' }).click()
    await visit.page.getByText('101–120 of 120').waitFor()
    expect(await first()).toMatch(/^e0+100 /)
    await visit.page.getByRole('button', { name: 'Duration' }).click()
    await visit.page.getByText('1–100 of 120 kept requests in the range, slowest first').waitFor()
    expect(await first()).toMatch(/^e0+119 /)
    await open('#/slow?route=GET+/paged&sort=-status')
    expect(await main()).toContain('1–100 of 120 kept requests in the range, slowest first; this page is sorted by status')
  })
})
