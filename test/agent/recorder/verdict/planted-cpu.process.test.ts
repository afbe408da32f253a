/** Requests that compute, and others that wait for them: whose code it was, with each kind of evidence and with none. The program measures by its own clock. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { messageOf, sinkForTest, startApplication } from '../../../support/agent-process.ts'
import { until } from '../../../support/until.ts'

interface Cause {
  readonly cause: string
  readonly share: number
  readonly location?: string
  readonly peer?: string
  readonly traceId?: string
}

async function started(env: Readonly<Record<string, string>>) {
  const sink = await sinkForTest()
  const application = startApplication('computing.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, SPYGLASS_SLOW_REQUEST_MS: '0.001', ...env },
  })
  const { port } = await messageOf<{ port: number }>(application)
  const ask = async (path: string): Promise<number> => Number(await (await fetch(`http://127.0.0.1:${port}${path}`)).text())
  const rootOf = (path: string) =>
    until(() =>
      sink.spans.findLast(({ kind, attributes }) => kind === 2 && attributes['url.path'] === path && !attributes['spyglass.partial']),
    )
  const on = async (path: string) => {
    const { startTimeUnixNano, endTimeUnixNano, attributes, traceId } = await rootOf(path)
    const durationMs = Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6
    const causes = JSON.parse(String(attributes['spyglass.verdict.causes'])) as Cause[]
    return { causes, sentence: String(attributes['spyglass.verdict']), durationMs, traceId }
  }
  /** The cause has the share that the program told, to a tenth. What other processes keep the loop from may count for it too, but not the time in which it has nothing to do. */
  const expectCause = async (path: string, { cause, ms, idleMs = 0 }: { cause: string; ms: number; idleMs?: number }): Promise<Cause> => {
    const { causes, sentence, durationMs } = await on(path)
    const found = causes.find((one) => one.cause === cause)
    const told = `${path}: ${sentence} ${ms}/${durationMs}`
    expect(found?.share ?? 0, told).toBeGreaterThan(ms / durationMs - 0.1)
    expect(found?.share ?? 0, told).toBeLessThan((durationMs - idleMs) / durationMs + 0.1)
    return found as Cause
  }
  /** Two requests wait: one for another request, one for code of no request. */
  const askAll = async () => {
    const own = await ask('/own')
    const forReport = messageOf(application)
    const waits = ask('/waits')
    await forReport
    const report = await ask('/report')
    await waits
    const forTimer = messageOf(application)
    const timer = ask('/timer')
    await forTimer
    application.child.send('work')
    return { own, report, timer: await timer }
  }
  return { sink, ask, askAll, on, expectCause }
}

/** The line or function that a place leads to, to its end. */
function codeFrom(location = ''): string {
  const [file = '', line] = location.split(':')
  const code = readFileSync(`/${file}`, 'utf8')
    .split('\n')
    .slice(Number(line) - 1)
  return code
    .slice(
      0,
      code.findIndex((text) => text.startsWith('}')),
    )
    .join('\n')
}

for (const [evidence, env] of [
  ['stacks of the blocked loop', { SPYGLASS_BLOCKED_LOOP: 'on' }],
  ['a profile', { SPYGLASS_PROFILE: 'on' }],
] as const) {
  test(`with ${evidence} own CPU is told from that of another request and of none, each with its place, within a tenth`, async () => {
    const { sink, ask, askAll, on, expectCause } = await started(env)
    // The helper needs a moment to begin.
    while ('SPYGLASS_BLOCKED_LOOP' in env && !sink.logs.some(({ body }) => String(body).includes('event loop'))) await ask('/own')
    const { own, report, timer } = await askAll()
    const found = [
      await expectCause('/own', { cause: 'own_cpu', ms: own, idleMs: 2500 }),
      await expectCause('/waits', { cause: 'other_cpu', ms: report }),
      await expectCause('/report', { cause: 'own_cpu', ms: report }),
      await expectCause('/timer', { cause: 'background_cpu', ms: timer }),
    ]
    for (const { location } of found) expect(codeFrom(location)).toContain('performance.now() < end')
    expect((await on('/own')).sentence).toMatch(/^Own CPU at \S+computing\.mjs:\d+, \d+ % of the time/)
    const { traceId } = await on('/report')
    const waits = await on('/waits')
    expect(waits.causes.find(({ cause }) => cause === 'other_cpu')).toMatchObject({ peer: 'GET /report', traceId, count: 1 })
    expect(waits.sentence).toContain(`PU of another request (GET /report, trace ${traceId}) at `)
  })
}

test('without evidence the loop was busy, and nobody is named', async () => {
  const { askAll, on, expectCause } = await started({})
  const { own, report } = await askAll()
  await expectCause('/own', { cause: 'event_loop', ms: own, idleMs: 2500 })
  await expectCause('/waits', { cause: 'event_loop', ms: report })
  for (const path of ['/own', '/waits', '/report', '/timer'])
    expect((await on(path)).causes.map(({ cause }) => cause).filter((cause) => cause.endsWith('cpu'))).toEqual([])
})
