/**
 * What survives the end of a process: `npm run soak -- crash` repeats it sixty times and, where control groups can be made, at a tenth of a
 * core and at any moment.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { deliverSpools } from '../../../agent/src/spool/deliver-spools.ts'
import { ownIdentity } from '../../../agent/src/spool/spool-name.ts'
import { startOtlpSink, type OtlpSink } from '../../support/otlp-sink.ts'
import { repetitions } from '../../support/repetitions.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const APPLICATION = fileURLToPath(new URL('../applications/ending.mjs', import.meta.url))
const REGISTER = new URL('../../../agent/src/register.ts', import.meta.url).href
const ENDS = ['throw', 'exit', 'SIGTERM', 'SIGKILL', 'out of memory'] as const
type End = (typeof ENDS)[number]
const CONTROL_GROUPS = '/sys/fs/cgroup/cpu'
const AT_ONCE = 8
const BAR_MS = 100
/** A tenth of a core for that long: a process that the machine gives less cannot have written. */
const BAR_CPU_MS = BAR_MS / 10

/** When, and what the scheduler had given the application's thread by then. */
interface Moment {
  readonly timeMs: number
  readonly cpuMs: number
  /** Time that it was ready to run and waited for a processor. */
  readonly waitedMs: number
}

interface Recorded extends Moment {
  readonly kind: string
  readonly path: string
}

interface Ended {
  /** What the application said it recorded. */
  readonly recorded: readonly Recorded[]
  readonly end: Moment & {
    /** Ready to run or running: how long it has waited this time is not counted yet. */
    readonly isReady: boolean
  }
  readonly sink: OtlpSink
  /** In the folder, after all was read. */
  readonly left: readonly string[]
}

interface Way {
  readonly end: End
  readonly env: Readonly<Record<string, string>>
  /** When it is ended from outside, after it has begun to serve. */
  readonly killAfterMs?: number
  readonly group?: string
}

/** Runs the application to its end, then reads what it left into the same sink. */
async function endOf({ end, env, killAfterMs, group }: Way): Promise<Ended> {
  const sink = await startOtlpSink()
  const folder = tempFolder()
  const args = [
    '--conditions=spyglass-source',
    '--import',
    REGISTER,
    ...(end === 'out of memory' ? ['--max-old-space-size=40'] : []),
    APPLICATION,
  ]
  const child = spawn(process.execPath, args, {
    cwd: '/',
    env: {
      PATH: '',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
      SPYGLASS_SPOOL_FOLDER: folder,
      SPYGLASS_BASELINE_PER_MINUTE: '0',
      END: end,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (group) writeFileSync(join(group, 'cgroup.procs'), String(child.pid))
  let ended: Ended['end'] = { timeMs: Number.POSITIVE_INFINITY, cpuMs: Number.POSITIVE_INFINITY, waitedMs: 0, isReady: false }
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    if (said === '' && killAfterMs !== undefined)
      setTimeout(() => {
        ended = momentOf(child.pid ?? 0)
        child.kill(end as NodeJS.Signals)
      }, killAfterMs)
    said += piece.toString()
  })
  child.stderr.on('data', () => (ended = { ...ended, timeMs: Math.min(ended.timeMs, Date.now()) }))
  await once(child, 'close')
  await deliverSpools({
    folder,
    self: { ...ownIdentity(), thread: Math.floor(Math.random() * 1e9) },
    accepts: () => true,
    deliver: async ({ requests }) => await post(sink, requests),
  })
  await sink.stop()
  const left = readdirSync(folder)
  const recorded = [...said.matchAll(/^(line|request) (\/\d+) at (\d+) ?(\d*) ?(\d*)/gm)].map(
    ([, kind = '', path = '', time, cpu, waited]): Recorded => ({
      kind,
      path,
      timeMs: Number(time),
      cpuMs: Number(cpu) / 1e6,
      waitedMs: Number(waited) / 1e6,
    }),
  )
  return { recorded, end: ended, sink, left }
}

function momentOf(pid: number): Ended['end'] {
  const timeMs = Date.now()
  const [cpu, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')
  const isReady = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1').split(') ')[1]?.startsWith('R') ?? true
  return { timeMs, cpuMs: Number(cpu) / 1e6, waitedMs: Number(waited) / 1e6, isReady }
}

/** Whether something was recorded so long before the end that it must arrive: `beforeMs` ago, and the machine gave it its share since. */
function isDue(then: Moment, { end }: Ended, beforeMs: number): boolean {
  if (then.timeMs > end.timeMs - beforeMs) return false
  if (beforeMs === 0) return true
  return ownMs(then, end) >= BAR_CPU_MS
}

/** Time since in which it ran or had nothing to do. */
function ownMs(then: Moment, end: Ended['end']): number {
  return end.isReady ? end.cpuMs - then.cpuMs : end.timeMs - then.timeMs - (end.waitedMs - then.waitedMs)
}

/** As a receiver that knows a repeated body. */
async function post(sink: OtlpSink, requests: readonly { readonly signal: string; readonly body: Buffer }[]): Promise<boolean> {
  const known = new Set(sink.bodies.map(({ body }) => body.toString('hex')))
  for (const { signal, body } of requests) {
    if (!known.has(body.toString('hex'))) await fetch(`${sink.endpoint}/v1/${signal}`, { method: 'POST', body: Uint8Array.from(body) })
  }
  return true
}

/** Lines and counted requests that are missing, and those that came twice. */
function ledger(ended: Ended, beforeMs: number) {
  const { recorded, sink } = ended
  const due = recorded.filter((each) => isDue(each, ended, beforeMs))
  const lines = sink.logs.map(({ body }) => String(body)).filter((body) => body.startsWith('line /'))
  const counted = sink.points
    .filter(({ metric }) => metric === 'http.server.request.duration')
    .reduce((sum, { count }) => sum + Number(count ?? 0), 0)
  const dueRequests = due.filter(({ kind }) => kind === 'request').length
  const dueLines = due.filter(({ kind }) => kind === 'line').map(({ path }) => path)
  const arrived = new Set(lines.map((line) => line.split(' ')[1]))
  return {
    lostLines: dueLines.filter((path) => !arrived.has(path)).length,
    doubledLines: lines.length - arrived.size,
    lostRequests: Math.max(0, dueRequests - counted),
    // One more may have been counted than the application came to say.
    doubledRequests: Math.max(0, counted - recorded.filter(({ kind }) => kind === 'request').length - 1),
  }
}

const NONE = { lostLines: 0, doubledLines: 0, lostRequests: 0, doubledRequests: 0 }

/** How many lines are missing by the clock on the wall alone, each with what the machine gave the process since. */
function describeStarved(ended: Ended): number {
  const { recorded, end, sink } = ended
  const arrived = new Set(sink.logs.map(({ body }) => String(body).split(' ')[1]))
  const old = recorded.filter(({ kind, timeMs, path }) => kind === 'line' && timeMs <= end.timeMs - BAR_MS && !arrived.has(path))
  const missing = old.filter((each) => !isDue(each, ended, BAR_MS))
  for (const each of missing) {
    const since = `${end.timeMs - each.timeMs} ms before the end, ${(end.cpuMs - each.cpuMs).toFixed(1)} ms of CPU since`
    process.stdout.write(`starved: ${each.path}, ${since}, waited ${(end.waitedMs - each.waitedMs).toFixed(1)} ms, ready ${end.isReady}\n`)
  }
  return missing.length
}

function endLogOf({ sink }: Ended): unknown {
  const log = sink.logs.find(({ attributes }) => attributes['spyglass.process.end'] !== undefined)
  return log?.attributes['spyglass.process.end'] ?? sink.logs.find(({ severityNumber }) => severityNumber === 21)?.body
}

const SAYS: Readonly<Record<End, unknown>> = {
  throw: 'ended by an exception',
  exit: undefined,
  SIGTERM: 'killed',
  SIGKILL: 'killed',
  'out of memory': 'out_of_memory',
}

test.each(ENDS)('after %s everything that was recorded arrives, once, and how it ended', async (end) => {
  const oneEnd = async (): Promise<void> => {
    const ended = await endOf({ end, env: { ITEMS: '12' } })
    const requests = ended.recorded.filter(({ kind }) => kind === 'request').length
    expect({ ...ledger(ended, 0), requests, says: endLogOf(ended), left: ended.left }).toEqual({
      ...NONE,
      requests: 12,
      says: SAYS[end],
      left: [],
    })
  }
  for (let left = repetitions(3); left > 0; left -= 3) await Promise.all(Array.from({ length: Math.min(left, 3) }, oneEnd))
})

test.each(process.env['SPYGLASS_SOAK'] ? ENDS : [])(
  'at a tenth of a core %s loses nothing that was recorded 100 ms before',
  async (end) => {
    const totals = { ...NONE, ends: 0, recorded: 0, unsaid: 0, starved: 0 }
    const times = Array.from({ length: repetitions(3) }, (_, time) => time)
    const work = async (): Promise<void> => {
      for (let time = times.pop(); time !== undefined; time = times.pop()) {
        const group = join(CONTROL_GROUPS, `spyglass-crash-${process.pid}-${time}`)
        mkdirSync(group)
        writeFileSync(join(group, 'cpu.cfs_quota_us'), '10000')
        const isKilled = end.startsWith('SIG')
        const afterMs = 500 + Math.random() * 3000
        const ended = await endOf({
          end,
          group,
          env: isKilled ? { END: 'never' } : { LIVE_MS: String(afterMs) },
          ...(isKilled ? { killAfterMs: afterMs } : {}),
        }).finally(() => rmdirSync(group))
        for (const [name, count] of Object.entries(ledger(ended, isKilled ? BAR_MS : 0))) totals[name as keyof typeof NONE] += count
        if (isKilled) totals.starved += describeStarved(ended)
        totals.ends++
        totals.recorded += ended.recorded.length
        if (endLogOf(ended) !== SAYS[end]) totals.unsaid++
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    process.stdout.write(`${end}: ${JSON.stringify(totals)}\n`)
    expect(totals).toEqual({ ...NONE, ends: totals.ends, recorded: totals.recorded, starved: totals.starved, unsaid: 0 })
  },
)
