/**
 * CPU per request of an application behind the router, router and application together, beside the same application reached directly on a listener of
 * its own: `node --conditions=spyglass-source bench/router-overhead.bench.ts [--quick]`. Both have everything on, and the ratio is that of pairs
 * in one run. The bar, 3 ×, counts against the upper end of the 95 % interval.
 */
import { printResult } from './result.ts'
import { comparePairs } from './server-overhead/pairs.ts'
import { differences, interval, ratios } from './statistics.ts'

const BAR = 3

const startedMs = performance.now()
const path = '/app/hello'
const { first: direct, second: routed } = await comparePairs({ modes: ['hosted'], path }, { modes: ['routed', 'router'], path })
printResult(
  'router-overhead',
  {
    ratio: { ...interval(ratios(routed, direct)), unit: '× direct', better: 'lower', isRatio: true, bar: BAR },
    added: { ...interval(differences(routed, direct)), unit: 'µs CPU/request', better: 'lower' },
    direct: { ...interval(direct), unit: 'µs CPU/request', better: 'lower' },
    routed: { ...interval(routed), unit: 'µs CPU/request', better: 'lower' },
  },
  startedMs,
)
