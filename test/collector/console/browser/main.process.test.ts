import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { blockedHolder, exhausted, holder as longest } from '../../alert/incidents.ts'
import { until } from '../../../support/until.ts'
import { INCIDENT, incidentTests, OLD_INCIDENT } from './incident-tests.ts'
import { logIn, openBrowser, type Visit } from '../browser.ts'
import {
  errorRows,
  eventRows,
  logRows,
  PROFILE_TRACE,
  redRows,
  registerResources,
  PLAN,
  SLOW_SQL,
  slowTrace,
  type SpanInput,
  spanRows,
  sqlRows,
  startWorld,
  traceTimes,
  VERDICT,
  type World,
} from '../world.ts'

const TRACE = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const BIG = 'b1b2c3d4e5f60718293a4b5c6d7e8f91'
const SPANS = 10_000
const STACK = 'TypeError: Cannot read properties of null\n    at load (src/orders.js:42:18)\n    at handler (src/routes.js:9:3)'
const LINKED = 'd'.repeat(32)

let world: World
let visit: Visit

interface Scrolled {
  /** Most rows that existed at once. */
  readonly drawn: number
  readonly last: string
}

/** Runs in the browser, whose names Node's types do not know. */
const SCROLL = `(async () => {
  const scroller = document.querySelector('.waterfall')
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  let drawn = 0
  for (let i = 1; i <= 30; i++) {
    scroller.scrollTop = (scroller.scrollHeight * i) / 30
    await frame()
    await frame()
    drawn = Math.max(drawn, scroller.querySelectorAll('.row').length)
  }
  return { drawn, last: scroller.querySelector('.row:last-child').textContent }
})()`

/** A root with ten thousand spans below it, a few levels deep. */
function bigTrace(start: number): SpanInput[] {
  const id = (i: number): string => `${BIG.slice(0, 8)}${String(i).padStart(8, '0')}`
  return Array.from({ length: SPANS }, (_, i) => ({
    traceId: BIG,
    spanId: id(i),
    parent: i === 0 ? '' : id(Math.floor((i - 1) / 50)),
    name: i === 0 ? 'GET /shop/report' : `step ${i}`,
    kind: i === 0 ? 'Server' : 'Internal',
    start: start + (i / SPANS) * 4000,
    ms: i === 0 ? 4100 : 2,
  }))
}

async function seed(): Promise<void> {
  const now = Date.now()
  const minute = now - 120_000
  await world.insert(
    'red_1m',
    redRows([
      { time: minute, route: 'GET /shop/orders', requests: 4000, ms: 180 },
      { time: minute - 60_000, route: 'GET /shop/orders', requests: 5900, ms: 170 },
      { time: minute, route: 'GET /shop/fail', requests: 100, errors: 100, ms: 2 },
    ]),
  )
  const spans = [...slowTrace(TRACE, now - 100_000), ...bigTrace(now - 90_000)]
  await world.insert('otel_traces', spanRows(spans))
  await world.insert('otel_traces_trace_id_ts', traceTimes(spans))
  await world.insert('sql_1m', sqlRows(minute))
  await world.insert('errors_1m', errorRows(minute))
  await world.insert('otel_logs', logRows(TRACE, now - 100_000))
  const raised = exhausted(INCIDENT, { time: now, holders: [longest, blockedHolder] })
  const loaded = {
    ...raised,
    name: 'spyglass.application.started' as const,
    incidentId: '1'.repeat(16),
    time: now - 600_000,
    message: 'shop 1.2 is loaded',
  }
  const longAgo = exhausted(OLD_INCIDENT, { time: now - 3 * 86_400_000 })
  await world.insert('events', eventRows([raised, longAgo, { ...loaded, holders: [] }]))
  world.alerting.onEvent(raised)
  // after its event: two readings of an exhausted pool without one are an incident of their own
  registerResources(world.registry, TRACE)
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

/** Opens a view and waits until it has asked the API once. */
async function open(hash: string): Promise<void> {
  await visit.page.goto('about:blank')
  await visit.page.goto(`${world.url}/${hash}`)
  await visit.page.locator('body[data-loaded]').waitFor()
}

/** What the page does every five seconds, now; settles when the answer of this request is drawn. */
async function refresh(path: string): Promise<void> {
  const answered = visit.page.waitForResponse(`**/api/v1/${path}*`)
  await visit.page.evaluate("delete document.body.dataset.loaded; document.dispatchEvent(new Event('visibilitychange'))")
  await answered
  await visit.page.locator('body[data-loaded]').waitFor()
}

const text = (selector: string): Promise<string> => visit.page.locator(selector).first().innerText()

describe('in Chromium', () => {
  test('the overview counts every one of 10,000 requests, and shows the instance', async () => {
    await open('#/')
    expect(await text('.tile:has-text("Requests") .value')).toBe('10\u202f000')
    expect(await text('.tile:has-text("Failed") .value')).toBe('1 %')
    const instance = visit.page.getByRole('row', { name: /http-1/ })
    expect(await instance.innerText()).toMatch(/ready\s+4711\s+3\s+1 h 02 m\s+1\s+23 %\s+92 MiB/)
    expect(await visit.page.locator('.chart canvas').count()).toBe(3)
    expect(await visit.page.getByRole('row', { name: /GET \/shop\/orders/ }).innerText()).toContain('9\u202f900')
  })

  test('a slow request leads to its waterfall with the SQL and the line that ran it', async () => {
    await open('#/slow')
    const row = visit.page.getByRole('row', { name: /GET \/shop\/orders/ })
    expect(await row.innerText()).toMatch(/812 ms[\s\S]+200[\s\S]+slow[\s\S]+src\/orders\.js:42/)
    expect(await row.innerText()).toContain(VERDICT)
    await row.getByRole('link', { name: 'GET /shop/orders' }).click()
    await visit.page.locator('.waterfall .row').first().waitFor()
    expect(await visit.page.locator('.waterfall .row').count()).toBe(5)
    expect(await text('.tracehead .verdict')).toBe(VERDICT)
    // the slowest statement is chosen by itself
    expect(await text('.detail .sqltext')).toBe(SLOW_SQL)
    expect(await text('.detail .plan')).toBe(PLAN)
    expect(await text('.detail')).toContain('src/orders.js:42')
    expect(await text('.detail .stack:not(.plan)')).toContain('loadOrders (src/orders.js:42:18)')
    await visit.page.locator('.waterfall .row', { hasText: 'GET rates.example' }).click()
    expect(await text('.detail')).toContain('ECONNRESET')
    expect(visit.page.url()).toContain('span=')
    expect(await text('main')).toContain('rates are old')
  })

  test('the waterfall is walked by the keyboard, and folds', async () => {
    await open(`#/trace/${TRACE}`)
    await visit.page.getByRole('tree').focus()
    await visit.page.keyboard.press('Home')
    expect(await text('.detail h2')).toBe('GET /shop/orders')
    await visit.page.keyboard.press('ArrowLeft')
    expect(await visit.page.locator('.waterfall .row').count()).toBe(1)
    await visit.page.keyboard.press('ArrowRight')
    await visit.page.keyboard.press('ArrowDown')
    expect(await text('.detail h2')).toBe('SELECT orders')
  })

  test('a trace of 10,000 spans scrolls: only what is in sight is drawn', async () => {
    await open(`#/trace/${BIG}`)
    expect(await text('.tracehead')).toContain('10\u202f000 spans')
    const { drawn, last } = await visit.page.evaluate<Scrolled>(SCROLL)
    expect(drawn).toBeLessThan(80)
    expect(last).toContain('step')
  })

  test('statements show their count, the line that called, and lead to the worst trace', async () => {
    await open('#/statements')
    const row = visit.page.locator('tr', { hasText: 'FROM orders' })
    expect(await row.innerText()).toMatch(/42[\s\S]+22\.68 s[\s\S]+src\/orders\.js:42/)
    expect(await row.getByRole('link', { name: 'trace' }).getAttribute('href')).toContain(TRACE)
  })

  test('a profile is a flame graph below its trace: functions as wide as their time, and no line of the log', async () => {
    await open(`#/trace/${TRACE}`)
    expect(await text('.flames figcaption')).toBe('shop: 110 ms on the processor of 812 ms, from 99 samples a second. Download .cpuprofile')
    const widthOf = async (name: string) => (await visit.page.locator('.flames .own', { hasText: name }).boundingBox())?.width ?? 0
    expect((await widthOf('sortOrders')) / (await widthOf('handler'))).toBeCloseTo(90 / 110, 1)
    expect(await visit.page.getByText('rates are old').count()).toBe(1)
    expect(await visit.page.getByRole('table', { name: /Log records/ }).innerText()).not.toContain('sortOrders')
  })

  test('a profile that was asked for has a page of its own, and can be downloaded for developer tools', async () => {
    await open(`#/trace/${PROFILE_TRACE}`)
    expect(await text('h1')).toMatch(/^Profile of shop at /)
    expect(await text('.flames figcaption')).toContain('shop: 50 ms of wall time of 1 s, by node:inspector.')
    expect(await visit.page.getByRole('table').count()).toBe(0)
    const downloading = visit.page.waitForEvent('download')
    await visit.page.getByRole('button', { name: 'Download .cpuprofile' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe(`shop-${PROFILE_TRACE.slice(0, 8)}.cpuprofile`)
    const { nodes, endTime } = JSON.parse(readFileSync(await download.path(), 'utf8')) as { nodes: object[]; endTime: number }
    expect([nodes.length, endTime]).toEqual([3, 50_000])
  })

  test('errors show what failed, where, how often, and since when', async () => {
    await open('#/errors')
    const row = visit.page.locator('tr', { hasText: 'order ? is gone' })
    expect(await row.innerText()).toMatch(/TypeError[\s\S]+new[\s\S]+src\/orders\.ts:41[\s\S]+34[\s\S]+1\.1/)
    expect(await row.locator('.spark .bar').count()).toBeGreaterThan(1)
    expect(await row.getByRole('link', { name: 'trace' }).getAttribute('href')).toContain(TRACE)
  })

  test('pools show who holds their connections: age, route, statement, line, stack and trace', async () => {
    await open('#/pools')
    expect(await text('.pool header')).toMatch(/shop[\s\S]+exhausted/)
    expect(await text('.gaugetext')).toBe('2 of 2 lent, 0 idle, 5 waiting')
    const holder = visit.page.getByRole('row', { name: /#2/ })
    expect(await holder.innerText()).toMatch(/16 s[\s\S]+GET \/shop\/leak[\s\S]+leak[\s\S]+src\/leak\.js:12[\s\S]+SELECT id FROM carts/)
    await holder.locator('summary').click({ position: { x: 3, y: 8 } })
    expect(await holder.locator('.stack').innerText()).toContain('handler (src/routes.js:31:5)')
    expect(await holder.getByRole('link', { name: 'trace' }).getAttribute('href')).toContain(TRACE)
  })

  incidentTests(() => ({ world, visit, open, refresh }))

  test('range, service and view are in the address, and a range without data says so', async () => {
    await open('#/')
    await visit.page.getByRole('button', { name: '6h' }).click()
    await visit.page.getByLabel('Service').selectOption('shop')
    await visit.page.getByRole('link', { name: 'Statements' }).click()
    expect(new URL(visit.page.url()).hash).toBe('#/statements?range=6h&service=shop')
    await open('#/slow?from=1600000000000&to=1600000600000')
    expect(await text('main')).toContain('No kept request in this range.')
  })

  test('of 605 kept requests the five of one route are found, and all are counted and paged', async () => {
    const now = Date.now()
    const request = (i: number, name: string, ms: number): SpanInput => {
      const id = i.toString(16).padStart(8, '0')
      return { traceId: `f${id}`.padEnd(32, '0'), spanId: `f${id}`.padEnd(16, '0'), name, kind: 'Server', start: now - 200_000 + i, ms }
    }
    const kept = { 'spyglass.keep.reason': 'slow' }
    const others = Array.from({ length: 600 }, (_, i) => ({ ...request(i, 'GET /busy', 2000 + i), attributes: kept }))
    const rare = Array.from({ length: 5 }, (_, i) => ({
      ...request(1000 + i, 'GET /rare', 150),
      attributes: { 'spyglass.keep.reason': 'error' },
    }))
    await world.insert('otel_traces', spanRows([...others, ...rare]))
    await open('#/slow?route=GET%20%2Frare')
    expect(await text('.filters')).toContain('1–5 of 5 kept requests')
    expect(await visit.page.locator('main tbody tr').count()).toBe(5)
    await open('#/slow?kept=error')
    expect(await text('.filters')).toContain('1–5 of 5 kept requests')
    await open('#/slow?route=GET%20%2Fbusy&offset=500')
    expect(await text('.filters')).toContain('501–600 of 600 kept requests')
    expect(await visit.page.locator('main tbody tr').first().innerText()).toContain('2.1 s')
    await visit.page.getByRole('button', { name: 'Slower' }).click()
    await until(async () => (await text('.filters')).includes('401–500 of 600'))
    for (const [offset, shown] of [
      ['600', '501–600 of 600'],
      ['99999999', '501–600 of 600'],
      ['-3', '1–100 of 600'],
      ['x', '1–100 of 600'],
      ['0.5', '1–100 of 600'],
    ]) {
      await open(`#/slow?route=GET%20%2Fbusy&offset=${offset}`)
      expect(await text('.filters')).toContain(`${shown} kept requests`)
      expect(await visit.page.locator('main tbody tr').count()).toBe(100)
    }
    await open('#/slow?route=GET%20%2Fnever')
    expect(await text('.filters')).toContain('0–0 of 0 kept requests')
  })

  test('a refresh keeps the focus on a sort button and a selected text, though rows change', async () => {
    await open('#/')
    const sort = visit.page.getByRole('button', { name: 'Requests' })
    await sort.focus()
    await visit.page.evaluate(
      "getSelection().selectAllChildren([...document.querySelectorAll('td a')].find((a) => a.textContent === 'GET /shop/orders'))",
    )
    const minute = Date.now() - 60_000
    await world.insert('red_1m', redRows([{ time: minute, route: 'GET /shop/new', requests: 90_000, ms: 900 }]))
    await refresh('red')
    expect(await visit.page.getByRole('row', { name: /GET \/shop\/new/ }).count()).toBe(1)
    expect(await visit.page.evaluate('document.activeElement.textContent')).toContain('Requests')
    expect(await visit.page.evaluate('String(getSelection())')).toBe('GET /shop/orders')
    await sort.click()
    await expect.poll(() => visit.page.locator('th', { has: sort }).getAttribute('aria-sort')).toBe('descending')
    await sort.click()
    await expect.poll(() => visit.page.locator('th', { has: sort }).getAttribute('aria-sort')).toBe('ascending')
  })

  test('a refresh keeps an opened stack, the focus in it, and the choice of a list', async () => {
    await open('#/pools')
    const holder = visit.page.getByRole('row', { name: /#1/ })
    await holder.locator('summary').focus()
    await visit.page.keyboard.press('Enter')
    await holder.locator('.stack').waitFor()
    await refresh('pools')
    expect(await holder.locator('.stack').isVisible()).toBe(true)
    expect(await visit.page.evaluate('document.activeElement.tagName')).toBe('SUMMARY')
    await visit.page.keyboard.press('Enter')
    await holder.locator('.stack').waitFor({ state: 'detached' })
    expect(await visit.page.locator('.pool canvas, .pool .none').count()).toBeGreaterThan(0)
    await open('#/slow')
    await visit.page.getByLabel('Route').focus()
    await refresh('slow-requests')
    expect(await visit.page.evaluate('document.activeElement.tagName')).toBe('SELECT')
  })

  test('a trace is shown without its log when the log cannot be read, with the reason', async () => {
    await visit.page.route(`**/api/v1/trace/${TRACE}`, async (route) => {
      const answer = (await (await route.fetch()).json()) as object
      await route.fulfill({ json: { ...answer, logs: [], logProblem: { code: 'SPY_QUERY_TIMEOUT', message: 'it took too long' } } })
    })
    onTestFinished(() => visit.page.unroute(`**/api/v1/trace/${TRACE}`))
    await open(`#/trace/${TRACE}`)
    expect(await visit.page.locator('.waterfall .row').count()).toBe(5)
    expect(await text('main')).toContain('SPY_QUERY_TIMEOUT it took too long')
  })

  test('a stack has its lines, and linked spans lead to their traces', async () => {
    const traceId = '9'.repeat(32)
    const span = { traceId, spanId: '9'.repeat(16), name: 'job', kind: 'Consumer', start: Date.now() - 40_000, ms: 30, failed: true }
    const [row = {}] = spanRows([span])
    const exception = { 'exception.type': 'TypeError', 'exception.stacktrace': STACK }
    const events = {
      'Events.Timestamp': [(row as { Timestamp: string }).Timestamp],
      'Events.Name': ['exception'],
      'Events.Attributes': [exception],
    }
    const links = {
      'Links.TraceId': [LINKED],
      'Links.SpanId': ['e'.repeat(16)],
      'Links.TraceState': [''],
      'Links.Attributes': [{ 'messaging.batch': '7' }],
    }
    await world.insert('otel_traces', [{ ...row, ...events, ...links }])
    await world.insert('otel_traces_trace_id_ts', traceTimes([span]))
    await open(`#/trace/${traceId}`)
    expect(await text('.detail .attributes pre')).toBe(STACK)
    expect(await visit.page.getByRole('link', { name: LINKED }).getAttribute('href')).toContain(`#/trace/${LINKED}?span=${'e'.repeat(16)}`)
    expect(await text('.detail')).toContain('messaging.batch')
  })

  test('an incomplete or hand-typed address still opens its view', async () => {
    for (const hash of ['#/trace/%', '#/trace/%E8%BF']) {
      await open(hash)
      expect(await text('#main')).toContain('SPY_CONSOLE_PARAMETER_INVALID')
    }
    await open('#/slow?route=GET /a?b')
    expect(await visit.page.getByLabel('Route').inputValue()).toBe('GET /a?b')
    visit.problems.length = 0 // the answers 400
  })

  test('an address of no page says so, and a range that is none does not hide what happened', async () => {
    for (const view of ['nosuch', 'constructor']) {
      await open(`#/${view}?service=shop`)
      expect(await text('#main')).toContain(`There is no page ${view}.`)
      expect(await visit.page.getByRole('link', { name: 'Overview' }).last().getAttribute('href')).toBe('#/?service=shop')
    }
    for (const range of ['from=abc&to=def', 'from=&to=', 'from=-1', 'range=nope']) {
      await open(`#/?${range}`)
      expect(await text('main')).not.toContain('No request in this range.')
    }
  })

  test('a missing trace is reported with its code', async () => {
    await open(`#/trace/${randomBytes(16).toString('hex')}`)
    expect(await text('[role=alert]')).toContain('SPY_CONSOLE_TRACE_NOT_FOUND')
    expect(await text('main')).not.toContain('Loading')
    visit.problems.length = 0 // the browser notes the 404
  })

  test.for(['#/', '#/slow', '#/statements', '#/errors', '#/pools', '#/alerts', `#/trace/${TRACE}`, `#/incident/${INCIDENT}`])(
    'on a telephone %s is as wide as the window',
    async (hash) => {
      await visit.page.setViewportSize({ width: 400, height: 800 })
      onTestFinished(() => visit.page.setViewportSize({ width: 1440, height: 900 }))
      await open(hash)
      expect(await visit.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    },
  )

  test('a slow load shows that it is waiting', async () => {
    await visit.page.route('**/api/v1/slow-requests*', async (route) => {
      await until(async () => (await text('.waiting')).includes('Still waiting'))
      await route.continue()
    })
    onTestFinished(() => visit.page.unroute('**/api/v1/slow-requests*'))
    await open('#/slow')
    expect(await text('.waiting')).toBe('')
  })

  test('what an application sends is never read as HTML', async () => {
    const evil = '<img src=x onerror=alert(1)>'
    const traceId = 'c'.repeat(32)
    const spans = [
      { traceId, spanId: 'c'.repeat(16), name: evil, kind: 'Server', start: Date.now() - 50_000, ms: 300, attributes: { [evil]: evil } },
    ]
    await world.insert('otel_traces', spanRows(spans))
    await world.insert('otel_traces_trace_id_ts', traceTimes(spans))
    await open(`#/trace/${traceId}`)
    expect(await text('.tracehead h1')).toBe(evil)
    expect(await visit.page.locator('main img').count()).toBe(0)
  })

  test('a route that is slower in the version that serves now is marked with it', async () => {
    const minute = Date.now() - 180_000
    const rows = (version: string, time: number, ms: number): object[] =>
      redRows([{ time, route: 'GET /released', requests: 200, ms }], 'released').map((row) => ({ ...row, Version: version }))
    await world.insert('red_1m', [...rows('1.3.0', minute, 40), ...rows('1.4.0', minute + 60_000, 90)])
    await open('#/?service=released')
    const note = visit.page.getByRole('row', { name: /GET \/released/ }).getByText('slower since 1.4.0')
    expect(await note.getAttribute('title')).toMatch(/^p95 181 ms, in 1\.3\.0 it was 79\.3 ms; first seen /)
  })

  test('the policy has no violation, and nothing failed to load', () => {
    expect(visit.problems).toEqual([])
  })

  test('logging out ends the session', async () => {
    await open('#/')
    await visit.page.getByRole('button', { name: 'Log out' }).click()
    await visit.page.waitForURL(/\/login$/)
    await visit.page.goto(`${world.url}/#/pools`)
    expect(visit.page.url()).toContain('/login')
    expect(visit.page.url()).toContain('#/pools')
  })
})
