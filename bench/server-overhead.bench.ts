/**
 * CPU per request of the server with everything on (context path, access log, registry, agent with traces and metrics) beside plain
 * Fastify, by interleaved pairs in one run: `node --conditions=spyglass-source bench/server-overhead.bench.ts [--quick]`.
 * The bar, 1.35 ×, counts against the upper end of the 95 % interval. Each pair is two new processes: what V8's compiler makes of the same
 * program differs from start to start by more than from round to round, so that rounds of one start would agree on a figure of chance.
 */
import { printResult } from './result.ts'
import { comparePairs } from './server-overhead/pairs.ts'
import { differences, interval, ratios } from './statistics.ts'

const BAR = 1.35

const startedMs = performance.now()
const { first: plain, second: hosted } = await comparePairs({ modes: ['plain'], path: '/hello' }, { modes: ['hosted'], path: '/app/hello' })
printResult(
  'server-overhead',
  {
    ratio: { ...interval(ratios(hosted, plain)), unit: '× plain Fastify', better: 'lower', isRatio: true, bar: BAR },
    added: { ...interval(differences(hosted, plain)), unit: 'µs CPU/request', better: 'lower' },
    plain: { ...interval(plain), unit: 'µs CPU/request', better: 'lower' },
    hosted: { ...interval(hosted), unit: 'µs CPU/request', better: 'lower' },
  },
  startedMs,
)
