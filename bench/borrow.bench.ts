/**
 * What a borrow of a datasource and its return cost over the bare pool of the same driver: CPU of a process that does nothing else, garbage
 * collection included. `node --conditions=spyglass-source bench/borrow.bench.ts [--quick]`
 *
 * Each pair is two new processes beside each other on the same PostgreSQL or MariaDB, and every other pair begins with the other side. `added` is
 * without an agent in either, `recorded` with the agent in both, as in an instance; the bar counts against the upper end of the 95 % interval.
 */
import type { TestContext } from 'vitest'
import { runProgram } from '../scripts/run-program.ts'
import { startMariaDb } from '../test/support/mariadb.ts'
import { startPostgres } from '../test/support/postgres.ts'
import type { TestServer } from '../test/support/server-process.ts'
import { type DriverName, drivers, type Server, type Side } from './borrow/pools.ts'
import { type Figure, printResult } from './result.ts'
import { differences, interval, median } from './statistics.ts'

const QUICK = process.argv.includes('--quick')
const PAIRS = QUICK ? 5 : 15
const ROUNDS = QUICK ? 3 : 5
const BORROWS = QUICK ? 20_000 : 50_000
const BAR_US = 3

const AGENT = ['--import', new URL('../agent/src/register.ts', import.meta.url).href]
const unit = { unit: 'µs CPU/borrow', better: 'lower' } as const

const startedMs = performance.now()
const context = {
  skip(reason?: string): never {
    throw new TypeError(reason ?? 'skipped')
  },
} as unknown as TestContext
const figures: Record<string, Figure> = {}
for (const driver of drivers) {
  const server = await (driver === 'pg' ? startPostgres : startMariaDb)(context)
  try {
    Object.assign(figures, await figuresOf(driver, server))
  } finally {
    await server.stop()
  }
}
printResult('borrow', figures, startedMs)

async function figuresOf(driver: DriverName, server: Server & TestServer): Promise<Record<string, Figure>> {
  const plain = await pairs(driver, server, [])
  const recorded = await pairs(driver, server, AGENT)
  return {
    [`${driver}.bare`]: { ...interval(plain.bare), ...unit },
    [`${driver}.added`]: { ...interval(differences(plain.datasource, plain.bare)), ...unit },
    [`${driver}.recorded`]: { ...interval(differences(recorded.datasource, recorded.bare)), ...unit, bar: BAR_US },
  }
}

async function pairs(driver: DriverName, server: Server, preload: readonly string[]): Promise<Record<Side, number[]>> {
  const found: Record<Side, number[]> = { bare: [], datasource: [] }
  for (let pair = 0; pair < PAIRS; pair++) {
    const sides: readonly Side[] = pair % 2 === 0 ? ['bare', 'datasource'] : ['datasource', 'bare']
    for (const side of sides) found[side].push(await measured(driver, side, { server, preload }))
  }
  return found
}

/** The median of the rounds of a new process. */
async function measured(
  driver: DriverName,
  side: Side,
  { server, preload }: { readonly server: Server; readonly preload: readonly string[] },
): Promise<number> {
  const { host, port, user, database, password } = server
  const given = JSON.stringify({ driver, side, server: { host, port, user, database, password }, rounds: ROUNDS, borrows: BORROWS })
  const script = new URL('borrow/side.ts', import.meta.url).pathname
  const environment = { OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }
  const { code, output } = await runProgram(process.execPath, ['--conditions=spyglass-source', ...preload, script, given], { environment })
  if (code !== 0) throw new TypeError(`${driver} ${side} ended with ${code}: ${output}`)
  return median(JSON.parse(output.slice(output.lastIndexOf('['))) as number[])
}
