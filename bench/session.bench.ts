/**
 * What a session costs a request: CPU of reading one from the copy of the instance, and the time of one that asks the store process.
 * `node --conditions=spyglass-source bench/session.bench.ts [--quick]`
 *
 * Without a network: the request is what Node would have parsed, the response is held back and ended as the handler would end it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openVisitors, startStore } from '../test/runtime/session/fixture.ts'
import { type Figure, printResult } from './result.ts'
import { interval } from './statistics.ts'

const QUICK = process.argv.includes('--quick')
const ROUNDS = QUICK ? 5 : 15
const VISITS = QUICK ? 20_000 : 100_000
const BAR_US = 20

const startedMs = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'spyglass-session-'))
const store = await startStore(folder)
const cached = await openVisitors(store.socket)
const asking = await openVisitors(store.socket, { cacheMs: 0 }, 'shop-2')

const responseTo = (set?: (cookie: string) => void) =>
  ({
    headersSent: false,
    writeHead: () => undefined,
    appendHeader: (_name: string, cookie: string) => set?.(cookie),
    end: () => undefined,
  }) as unknown as ServerResponse

const requestWith = (cookie: string) => ({ headers: { cookie }, socket: {} }) as unknown as IncomingMessage

/** A session of the size of a small cart. */
async function begin(): Promise<string> {
  let cookie = ''
  const response = responseTo((set) => (cookie = set.split(';', 1)[0]!))
  const session = await cached.visitors.of(requestWith(''), response)
  Object.assign(session.data, { user: 'ann', cart: Array.from({ length: 10 }, (_, at) => ({ product: at, pieces: 1 })) })
  await session.save()
  response.writeHead(200)
  return cookie
}

const cookie = await begin()

async function visit({ visitors }: typeof cached): Promise<void> {
  const response = responseTo()
  const session = await visitors.of(requestWith(cookie), response)
  if (session.data['user'] !== 'ann') throw new TypeError('the session is not the one that was stored')
  response.end()
}

/** Microseconds of CPU for each visit. */
async function cpuOf(instance: typeof cached, times: number): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) await visit(instance)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

async function roundsOf(instance: typeof cached, times: number): Promise<number[]> {
  await cpuOf(instance, times) // until V8 has compiled it
  const found: number[] = []
  for (let round = 0; round < ROUNDS; round++) found.push(await cpuOf(instance, times))
  return found
}

const unit = { unit: 'µs CPU/request', better: 'lower' } as const
const figures: Record<string, Figure> = {
  cached: { ...interval(await roundsOf(cached, VISITS)), ...unit, bar: BAR_US },
  asked: { ...interval(await roundsOf(asking, VISITS / 20)), ...unit },
}
printResult('session', figures, startedMs)
await cached.close()
await asking.close()
await store.end()
rmSync(folder, { recursive: true, force: true })
