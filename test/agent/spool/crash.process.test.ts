/**
 * What survives the end of a process: `npm run soak -- crash` repeats it sixty times and, where control groups can be made, at a tenth of a
 * core and at any moment.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
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
/** V8 and the system take their time to end a process that does it itself. */
const CONTROL_GROUPS = '/sys/fs/cgroup/cpu'
const AT_ONCE = 8
const BAR_MS = 100

interface Ended {
  /** What the application said it recorded: kind, path and time. */
  readonly recorded: readonly (readonly [kind: string, path: string, timeMs: number])[]
  readonly endMs: number
  readonly sink: OtlpSink
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
  let endMs = Number.POSITIVE_INFINITY
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    if (said === '' && killAfterMs !== undefined)
      setTimeout(() => {
        endMs = Date.now()
        child.kill(end as NodeJS.Signals)
      }, killAfterMs)
    said += piece.toString()
  })
  child.stderr.on('data', () => (endMs = Math.min(endMs, Date.now())))
  await once(child, 'close')
  await deliverSpools({
    folder,
    self: { ...ownIdentity(), thread: Math.floor(Math.random() * 1e9) },
    accepts: () => true,
    deliver: async ({ requests }) => await post(sink, requests),
  })
  await sink.stop()
  const recorded = [...said.matchAll(/^(line|request) (\/\d+) at (\d+)$/gm)].map(
    ([, kind = '', path = '', time]) => [kind, path, Number(time)] as const,
  )
  return { recorded, endMs, sink }
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
function ledger({ recorded, endMs, sink }: Ended, beforeMs: number) {
  const due = recorded.filter(([, , timeMs]) => timeMs <= endMs - beforeMs)
  const lines = sink.logs.map(({ body }) => String(body)).filter((body) => body.startsWith('line /'))
  const counted = sink.points
    .filter(({ metric }) => metric === 'http.server.request.duration')
    .reduce((sum, { count }) => sum + Number(count ?? 0), 0)
  const dueRequests = due.filter(([kind]) => kind === 'request').length
  const dueLines = due.filter(([kind]) => kind === 'line').map(([, path]) => path)
  const arrived = new Set(lines.map((line) => line.split(' ')[1]))
  return {
    lostLines: dueLines.filter((path) => !arrived.has(path)).length,
    doubledLines: lines.length - arrived.size,
    lostRequests: Math.max(0, dueRequests - counted),
    // One more may have been counted than the application came to say.
    doubledRequests: Math.max(0, counted - recorded.filter(([kind]) => kind === 'request').length - 1),
  }
}

const NONE = { lostLines: 0, doubledLines: 0, lostRequests: 0, doubledRequests: 0 }

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
    const requests = ended.recorded.filter(([kind]) => kind === 'request').length
    expect({ ...ledger(ended, 0), requests, says: endLogOf(ended) }).toEqual({ ...NONE, requests: 12, says: SAYS[end] })
  }
  for (let left = repetitions(3); left > 0; left -= 3) await Promise.all(Array.from({ length: Math.min(left, 3) }, oneEnd))
})

test.each(process.env['SPYGLASS_SOAK'] ? ENDS : [])(
  'at a tenth of a core %s loses nothing that was recorded 100 ms before',
  async (end) => {
    const totals = { ...NONE, ends: 0, recorded: 0, unsaid: 0 }
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
        totals.ends++
        totals.recorded += ended.recorded.length
        if (endLogOf(ended) !== SAYS[end]) totals.unsaid++
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    process.stdout.write(`${end}: ${JSON.stringify(totals)}\n`)
    expect(totals).toEqual({ ...NONE, ends: totals.ends, recorded: totals.recorded, unsaid: 0 })
  },
)
