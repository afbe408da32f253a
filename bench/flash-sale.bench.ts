/**
 * A sale of 100 items to 20,000 buyers, with and without protection, in one run: `node --conditions=spyglass-source bench/flash-sale.bench.ts [--quick]`.
 * It is examples/flash-sale in a whole server, with one instance, on SQLite. `good` is the part of the buyers who were told within a second what
 * became of their wish, at whichever of three attempts; `p99` that of all who were told. However it goes, exactly 100 are sold: otherwise the run fails.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { repository, serverAlone, startSuite } from '../test/support/suite.ts'
import { runSale, type SaleOutcome, signIn } from './flash-sale/sale-load.ts'
import { type Figure, printResult } from './result.ts'
import { median } from './statistics.ts'

const QUICK = process.argv.includes('--quick')
const ROUNDS = QUICK ? 1 : 3
const BUYERS = QUICK ? 4000 : 20_000
const SALE_MS = QUICK ? 1000 : 4000
const ITEMS = 100
const GOOD_MS = 1000

const admission = { enabled: true, weights: ['/buy=200'] }
const SIDES = {
  protected: { admission, rateLimits: ['clients', 'buyers'] },
  unprotected: { environment: { FLASH_SALE_PROTECTION: 'off' } },
} as const
type Side = keyof typeof SIDES

const startedMs = performance.now()
const root = mkdtempSync(join(tmpdir(), 'spyglass-flash-sale-'))

const settingsOf = (side: Side) => ({
  listeners: [{ name: 'http', port: 8080, trustedProxies: ['loopback'] }],
  datasources: [{ name: 'sale', file: 'sale.db', max: 4 }],
  sessions: [{ name: 'buyers', cacheEntries: 100_000 }],
  rateLimits: [
    { name: 'clients', by: 'address', max: 100, windowMs: 10_000, paths: ['/buy', '/sign-in'] },
    { name: 'buyers', by: 'account', max: 5, windowMs: 10_000 },
  ],
  applications: [
    {
      name: 'flash-sale',
      folder: join(repository, 'examples/flash-sale'),
      contextPath: '/',
      datasources: ['sale'],
      sessions: ['buyers'],
      ...SIDES[side],
    },
  ],
})

interface Round extends SaleOutcome {
  readonly good: number
  readonly p99: number
}

async function round(side: Side): Promise<Round> {
  await using suite = await startSuite(mkdtempSync(join(root, `${side}-`)), settingsOf(side), [], serverAlone)
  const port = Number(new URL(suite.urls.app).port)
  const outcome = await runSale(port, await signIn(port, BUYERS), { buyers: BUYERS, ms: SALE_MS })
  const sold = soldIn(join(suite.data, 'sale.db'))
  if (sold !== ITEMS || outcome.orders > ITEMS) throw new TypeError(`${side}: sold ${String(sold)}, told ${outcome.orders}`)
  const sorted = outcome.told.toSorted((a, b) => a - b)
  return {
    ...outcome,
    good: sorted.filter((ms) => ms <= GOOD_MS).length / BUYERS,
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  }
}

/** Accounts with an order: none has two. */
function soldIn(file: string): unknown {
  using database = new DatabaseSync(file, { readOnly: true })
  return database.prepare('SELECT count(DISTINCT account) AS sold FROM sale_order').get()?.['sold']
}

const rounds: Record<Side, Round[]> = { protected: [], unprotected: [] }
try {
  for (let at = 0; at < ROUNDS; at++)
    for (const side of Object.keys(SIDES) as Side[]) {
      const found = await round(side)
      rounds[side].push(found)
      const { good, p99, told, orders, refused, failed } = found
      process.stderr.write(
        `${side}: good ${(good * 100).toFixed(1)} %, p99 ${Math.round(p99)} ms, told ${told.length}, orders ${orders}, refused ${refused}, failed ${failed}\n`,
      )
    }
  printResult('flash-sale', figuresOf(), startedMs)
} finally {
  rmSync(root, { recursive: true, force: true })
}

function figuresOf(): Record<string, Figure> {
  const figures: Record<string, Figure> = { sold: { value: ITEMS, unit: 'items in every run', better: 'higher', bar: ITEMS } }
  for (const side of Object.keys(SIDES) as Side[]) {
    figures[`${side}.good`] = { value: medianOf(side, 'good'), unit: 'of the buyers, told within a second', better: 'higher' }
    figures[`${side}.p99`] = { value: medianOf(side, 'p99'), unit: 'ms', better: 'lower' }
  }
  return figures
}

const medianOf = (side: Side, figure: 'good' | 'p99'): number => Math.round(median(rounds[side].map((one) => one[figure])) * 1000) / 1000
