/**
 * Requests whose cause is known, against real servers. The program measures with its own clock what each of them waited for, so that the
 * speed of the machine is in both accounts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recorded, type RecordedTrace } from '../../../support/instrumented.ts'
import { startPostgres } from '../../../support/postgres.ts'
import { ROOT } from '../../../support/sources.ts'

const PROGRAM = `
import http from 'node:http'
import { PerformanceObserver } from 'node:perf_hooks'
import v8 from 'node:v8'
import vm from 'node:vm'
import pg from 'pg'

const pool = new pg.Pool({ max: 1 })
const told = {}
const timed = async (name, fn) => {
  const start = performance.now()
  try {
    return await fn()
  } finally {
    told[name] = (told[name] ?? 0) + performance.now() - start
  }
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const block = (ms) => {
  for (const end = performance.now() + ms; performance.now() < end; );
}

async function main() {
  await pool.query('SELECT 1')
  await inRequest(async () => {
    await timed('statement', () => pool.query('SELECT pg_sleep(0.6)'))
    await pause(100)
  }, '/statement')

  await inRequest(async () => {
    for (let id = 0; id < 400; id++) await timed('many', () => pool.query('SELECT $1::int, pg_sleep(0.005)', [id]))
    await pause(100)
  }, '/many')

  await Promise.all([
    inRequest(() => timed('held', () => pool.query('SELECT pg_sleep(0.7) AS held')), '/holds'),
    pause(50).then(() => inRequest(async () => {
      await timed('waited', () => pool.query('SELECT 2 AS waited'))
    }, '/waits')),
  ])

  const slow = http.createServer((_request, response) => setTimeout(() => response.end('x'), 600))
  await withServer(http.createServer((_request, response) => response.end()), fetch) // what Node loads for the first is work of the loop
  await withServer(slow, (url) => inRequest(() => timed('call', async () => (await fetch(url)).text()), '/call'))

  for (const path of ['/blocked-pause', '/blocked-statement'])
    await Promise.all([
      inRequest(() => (path === '/blocked-pause' ? pause(150) : pool.query('SELECT pg_sleep(0.15)')), path),
      pause(100).then(() => inRequest(() => timed(path, async () => block(700)), '/blocks')),
    ])

  await Promise.all([
    inRequest(() => timed('long', () => pool.query('SELECT pg_sleep(1.2)')), '/not-blocked'),
    pause(100).then(() => inRequest(async () => block(300), '/blocks')),
  ])

  v8.setFlagsFromString('--expose-gc')
  const gc = vm.runInNewContext('gc')
  const kept = Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: String(i) }))
  let from = Infinity
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) if (startTime >= from) told.gc = (told.gc ?? 0) + duration
  }).observe({ entryTypes: ['gc'] })
  await inRequest(async () => {
    from = performance.now()
    while (performance.now() < from + 500) gc()
    return kept.length
  }, '/gc')
  await pause(20)
  console.log(JSON.stringify(told))
  await pool.end()
}
`

const WAITS = new Set(['statement', 'call', 'pool_wait'])

interface Cause {
  readonly cause: string
  readonly share: number
  readonly location?: string
  readonly heldBy?: string
  readonly count?: number
}

const durationMs = ({ root }: RecordedTrace): number => Number(BigInt(root.endTimeUnixNano) - BigInt(root.startTimeUnixNano)) / 1e6

test('planted causes are found within a tenth of the request', { timeout: 120_000 }, async (context) => {
  const postgres = await startPostgres(context)
  context.onTestFinished(() => postgres.stop())
  const env = { PGHOST: postgres.host, PGPORT: String(postgres.port), PGUSER: postgres.user, PGDATABASE: postgres.database }
  const { traces, stdout } = await recorded(PROGRAM, { form: 'cjs', env })
  const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>

  const verdictOn = (path: string) => {
    const trace = traces.find(({ root }) => root.attributes['url.path'] === path)
    if (!trace) throw new Error(`no trace of ${path}`)
    const causes = JSON.parse(String(trace.root.attributes['spyglass.verdict.causes'])) as Cause[]
    expect(causes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6)
    return { causes, sentence: String(trace.root.attributes['spyglass.verdict']), durationMs: durationMs(trace) }
  }
  /**
   * The cause, whose time the program says. A process that gets no CPU is blocked as one that computes is: on a busy machine part of a wait is told as
   * that, and a blocked loop is blocked for longer.
   */
  const expectShare = (path: string, cause: string, ms = 0): Cause => {
    const found = verdictOn(path)
    const shareOf = (name: string): number => found.causes.find((one) => one.cause === name)?.share ?? 0
    const told = `${path}: ${found.sentence} ${ms}/${found.durationMs}`
    const beside = (WAITS.has(cause) ? shareOf('event_loop') : 0) + (cause === 'statement' ? shareOf('pool_wait') : 0) // the program's clock has both
    expect(shareOf(cause) + beside, told).toBeGreaterThan(ms / found.durationMs - 0.1)
    if (cause !== 'event_loop') expect(shareOf(cause), told).toBeLessThan(ms / found.durationMs + 0.1)
    return found.causes.find((one) => one.cause === cause) as Cause
  }
  /** The application's line, which the agent names as `file:line`. */
  const codeAt = (location = ''): string => {
    const [file = '', line] = location.split(':')
    return readFileSync(join(ROOT, file), 'utf8').split('\n')[Number(line) - 1] ?? ''
  }

  expect(codeAt(expectShare('/statement', 'statement', told['statement']).location)).toContain('pg_sleep(0.6)')
  expect(expectShare('/many', 'statement', told['many'])).toMatchObject({ count: 400 })
  expect(verdictOn('/many').sentence).toMatch(/[Ss]tatement SELECT \?::int, pg_sleep\(\?\) ran 400 times at \S+app\.cjs:\d+, \d+ %/)
  expect(codeAt(expectShare('/call', 'call', told['call']).location)).toContain('timed("call"')
  expectShare('/blocked-pause', 'event_loop', told['/blocked-pause'])
  expectShare('/blocked-statement', 'event_loop', told['/blocked-statement'])
  expectShare('/blocks', 'event_loop', told['/blocked-pause'])
  expectShare('/not-blocked', 'statement', told['long'])
  expectShare('/gc', 'garbage_collection', told['gc'])

  const wait = expectShare('/waits', 'pool_wait', told['waited'])
  expect(wait).toMatchObject({ count: 1 })
  expect(codeAt(wait.location)).toContain('SELECT 2 AS waited')
  expect(codeAt(wait.heldBy)).toContain('pg_sleep(0.7) AS held')
})
