/**
 * What each request pays for admission and for a rate limit in memory: CPU of a process that does nothing else, garbage collection included.
 * `node --conditions=spyglass-source bench/limits.bench.ts [--quick]`. `open` is an application with all the load that it can serve; `limiting` one that
 * refuses half. The addresses are those of 10,000 clients.
 */
import type { IncomingMessage } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { AdmissionSettings } from '../runtime/src/admission/index.ts'
import { Admission, type Gate } from '../runtime/src/admission/index.ts'
import { fieldsOf, rateLimits } from '../runtime/src/rate-limit/index.ts'
import { createRegistry } from '@spyglass/agent/registry'
import { createLogger } from '@spyglass/process/logger'
import { type Figure, printResult } from './result.ts'
import { interval } from './statistics.ts'

const QUICK = process.argv.includes('--quick')
const ROUNDS = QUICK ? 5 : 20
const TURNS = QUICK ? 100 : 400
/** Requests in one turn of the event loop. */
const REQUESTS = 200
const CLIENTS = 10_000
const BARS = { admission: 1, rateLimit: 2 }

const startedMs = performance.now()

/** Microseconds of CPU for each call. */
async function cost(call: (at: number) => void): Promise<readonly number[]> {
  const rounds: number[] = []
  for (let round = -3; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let at = 0; at < TURNS * REQUESTS; at++) {
      if (at % REQUESTS === 0) await turn()
      call(at)
    }
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) rounds.push((user + system) / (TURNS * REQUESTS))
  }
  return rounds
}

function openGate(changes: Partial<AdmissionSettings>): Gate {
  const settings = { enabled: true, loopDelayMs: 10, poolWaitMs: 100, share: 100, weights: ['/checkout=200'], ...changes }
  const report = { began: () => {}, ended: () => {} }
  return new Admission().open({ settings: () => settings, healthPath: '/healthz', poolWaitMs: () => 0, report })
}

/** All that it does for a request, from its head to its end. */
function pass(gate: Gate): void {
  if (gate.reasonAgainst('/shop/products?page=7', '/shop'.length) === undefined) gate.occupancy.leave(gate.occupancy.enter())
}

const open = openGate({ loopDelayMs: 60_000 })
const limiting = openGate({ maxInFlight: 2, loopDelayMs: 60_000 })
limiting.occupancy.enter()
const held: number[] = []

/** Every other one is refused. */
function passOrNot(at: number): void {
  if (at % 2 === 0) held.push(limiting.occupancy.enter())
  else limiting.occupancy.leave(held.pop()!)
  limiting.reasonAgainst('/shop/products?page=7', '/shop'.length)
}

const around = {
  instance: 'bench',
  registry: createRegistry({ kindNamed: () => undefined }),
  logger: createLogger({ process: 'bench', level: 'error' }),
  folder: '/',
}
const config = {
  name: 'api',
  by: 'address',
  max: 100,
  windowMs: 60_000,
  paths: ['/api'],
  deny: [],
  exempt: [],
  store: 'memory',
  maxKeys: 100_000,
  whenDown: 'open',
}
const limit = rateLimits.open(config as unknown as Parameters<typeof rateLimits.open>[0], around).face
const requests = Array.from(
  { length: CLIENTS },
  (_, at) => ({ headers: {}, socket: { remoteAddress: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}` } }) as unknown as IncomingMessage,
)

function count(at: number): void {
  const request = requests[at % CLIENTS]!
  if (limit.isDenied(request.socket.remoteAddress) || !limit.isFor('/api/orders?x')) return
  const decision = limit.decide(limit.keyOf(request)!, request)
  if ('isAllowed' in decision) fieldsOf('api', config, decision)
}

const unit = { unit: 'µs CPU/request', better: 'lower' } as const
const figures: Record<string, Figure> = {
  'admission.open': { ...interval(await cost(() => pass(open))), ...unit, bar: BARS.admission },
  'admission.limiting': { ...interval(await cost(passOrNot)), ...unit, bar: BARS.admission },
  rateLimit: { ...interval(await cost(count)), ...unit, bar: BARS.rateLimit },
}
printResult('limits', figures, startedMs)
process.exit()
