import { mkdirSync } from 'node:fs'
import { writeChecked } from '@spyglass/process/checked-config'
import { dataFolder, SpyglassConfig } from '@spyglass/process/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { exitCodeOf } from '../../../runtime/src/cli/exit-codes.ts'
import { parseCommand } from '../../../runtime/src/cli/parse.ts'
import { incident, incidents } from '../../../runtime/src/cli/incident.ts'
import { costLines, type LineCost, why } from '../../../runtime/src/cli/why.ts'
import { PLAN, redRows, SLOW_SQL, slowTrace, spanRows, sqlRows, startWorld, traceTimes, type World } from '../../collector/console/world.ts'
import { exhausted } from '../../collector/alert/incidents.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const TRACE = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'

let world: World

beforeAll(async () => {
  world = await startWorld()
  const now = Date.now()
  const spans = slowTrace(TRACE, now - 100_000)
  await world.insert('otel_traces', spanRows(spans))
  await world.insert('otel_traces_trace_id_ts', traceTimes(spans))
  await world.insert('sql_1m', sqlRows(now - 120_000))
  await world.insert('red_1m', redRows([{ time: now - 120_000, route: 'GET /shop/orders', requests: 4000, ms: 180 }]))
})
afterAll(async () => await world[Symbol.asyncDispose]())

/** A data folder whose server has its console there: in the world, by default. */
function servedBy(port = world.console.port): string {
  const folder = dataFolder(tempFolder())
  mkdirSync(folder.run, { recursive: true })
  writeChecked(folder.run, { config: SpyglassConfig.parse({ data: folder.root, console: { port } }), secrets: world.secrets })
  return folder.root
}

async function told(...words: string[]): Promise<readonly string[]> {
  const printed: string[] = []
  const session = {
    print: (lines: readonly string[]) => void printed.push(...lines),
    connect: () => Promise.reject(new Error('not needed')),
  }
  const command = words[0] === 'incident' ? incident : words[0] === 'incidents' ? incidents : why
  await command(parseCommand(command === why ? ['why', ...words] : words), session)
  return printed
}

const refused = async (...words: string[]): Promise<Error> =>
  await told(...words).then(
    () => expect.fail('it was answered'),
    (error: Error) => error,
  )

test('a line is told with its statement, every execution of it, its share, and the slowest trace', async () => {
  const [row] = JSON.parse((await told('src/orders.js:42', '--json', '--data', servedBy()))[0] ?? '') as LineCost[]
  expect(row).toMatchObject({
    service: 'shop',
    location: 'src/orders.js:42',
    statement: SLOW_SQL,
    kept: 1,
    worstTraceId: TRACE,
    worstMs: 640,
    plan: PLAN,
  })
  expect(row?.places).toEqual(['src/orders.js:42'])
  expect(row?.calls).toBeGreaterThan(1)
  expect(row?.requestMs).toBe(4000 * 180)
  const lines = await told('./src/orders.js:42:7', '--data', servedBy())
  expect(lines[0]).toBe('src/orders.js:42  in shop, the last 1h')
  expect(lines[1]).toBe(`  ${SLOW_SQL}`)
  expect(lines[2]).toMatch(new RegExp(`^    ${row?.calls} times.*  total .* = \\d+ % of the time of requests  p95 `))
  expect(lines[3]).toBe(`    slowest 640 ms  http://127.0.0.1:${world.console.port}/#/trace/${TRACE}`)
  expect(lines.slice(4)).toEqual(['    plan', `      ${PLAN}`])
})

test('a file stands for all its lines, and may be given by the end of its path or by more than was recorded', async () => {
  for (const file of ['orders.js', '/srv/shop/src/orders.js']) {
    const lines = await told(file, '--data', servedBy())
    expect(lines.filter((line) => /^\S/.test(line)).map((line) => line.split(' ')[0])).toEqual(['src/orders.js:42', 'src/orders.js:17'])
  }
})

test('a line that was never seen is an error that names those near it', async () => {
  const error = await refused('src/orders.js:40', '--data', servedBy())
  expect(error.message).toBe(
    'no statement or call was seen at src/orders.js:40 in the last 1h. Seen were src/orders.js:42, src/orders.js:17.',
  )
  expect([codeOf(error), exitCodeOf(error)]).toEqual(['SPY_LINE_UNKNOWN', 4])
  expect((await refused('src/orders.js:42', '--service', 'other', '--data', servedBy())).message).toContain('No line was:')
})

test('it says so when the collector is away, when there is none, and when it is that of another server', async () => {
  const away = await refused('a.js:1', '--data', servedBy(await freePort()))
  expect([codeOf(away), exitCodeOf(away)]).toEqual(['SPY_COLLECTOR_UNREACHABLE', 3])
  expect(away.message).toMatch(/^the console of the collector at http:\/\/127\.0\.0\.1:\d+ does not answer: ECONNREFUSED\. /)
  expect(codeOf(await refused('a.js:1', '--data', tempFolder()))).toBe('SPY_COLLECTOR_UNREACHABLE')
  const folder = dataFolder(tempFolder())
  mkdirSync(folder.run, { recursive: true })
  const config = SpyglassConfig.parse({ data: folder.root, console: { port: world.console.port } })
  writeChecked(folder.run, { config, secrets: { ...world.secrets, console: { user: 'admin', password: 'of another' } } })
  const foreign = await refused('a.js:1', '--data', folder.root)
  expect([codeOf(foreign), exitCodeOf(foreign)]).toEqual(['SPY_COLLECTOR_FORBIDDEN', 5])
})

test('figures that are those of several lines say so, and calls without a statement are those of kept requests', () => {
  const row = {
    service: 'shop',
    location: 'src/a.ts:1',
    function: 'load',
    name: 'GET',
    statement: '',
    plan: '',
    kept: 3,
    keptMs: 1234,
    keptP95: 900,
    worstTraceId: TRACE,
    worstMs: 901,
    places: [],
    calls: 0,
    errors: 0,
    totalMs: 0,
    p95: 0,
    maxMs: 0,
    requestMs: 1000,
    slowestTrace: 'http://console/#/trace/1',
  }
  expect(costLines(row, '8h')).toEqual([
    'src/a.ts:1  load  in shop, the last 8h',
    '  GET',
    '    in kept requests 3 times  total 1234 ms  p95 900 ms',
    '    slowest 901 ms  http://console/#/trace/1',
  ])
  const plan = 'Seq Scan on orders  (cost=0.00..9.00 rows=1 width=4)\n  Filter: (note = ?)'
  expect(costLines({ ...row, plan }, '8h').slice(4)).toEqual([
    '    plan',
    '      Seq Scan on orders  (cost=0.00..9.00 rows=1 width=4)',
    '        Filter: (note = ?)',
  ])
  const statement = { ...row, statement: 'SELECT ?', calls: 7, errors: 2, totalMs: 250, p95: 4.26, places: ['src/a.ts:1', 'src/b.ts:2'] }
  expect(costLines(statement, '8h', row)).toEqual([
    '  SELECT ?',
    '    7 times  failed 2  total 250 ms = 25 % of the time of requests  p95 4.3 ms',
    '    slowest 901 ms  http://console/#/trace/1',
    '    the figures are those of all its lines: also src/b.ts:2',
  ])
})

test('incidents are listed, and one is written as a document for offline reading', async () => {
  world.alerting.onEvent(exhausted('00112233aabbccdd'))
  expect((await told('incidents', '--data', servedBy()))[0]).toMatch(/^00112233aabbccdd  firing .* PoolExhausted /)
  const [file = ''] = await told('incident', '00112233aabbccdd', '--data', servedBy())
  expect(file).toMatch(/^<!doctype html>[\s\S]+<title>PoolExhausted of [\s\S]+src\/leak\.js:12[\s\S]+<\/html>$/)
  const [json = ''] = await told('incident', '00112233aabbccdd', '--json', '--data', servedBy())
  expect(JSON.parse(json)).toMatchObject({ incident: { id: '00112233aabbccdd' }, timeline: [{ type: 'raise' }, { type: 'page' }] })
  const unknown = await refused('incident', 'ffffffffffffffff', '--data', servedBy())
  expect([codeOf(unknown), unknown.message]).toEqual(['SPY_COLLECTOR_REFUSED', expect.stringContaining('(SPY_CONSOLE_INCIDENT_NOT_FOUND)')])
})
