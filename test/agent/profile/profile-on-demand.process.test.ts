import { expect, test } from 'vitest'
import type { LogRecord } from '@spyglass/agent/otlp'
import type { SampledStack } from '../../../agent/src/profile/folded-stacks.ts'
import { ProfileOnDemand } from '../../../agent/src/profile/profile-on-demand.ts'
import type { RequestProfiles } from '../../../agent/src/profile/request-profiles.ts'

function onDemand(more: Partial<ConstructorParameters<typeof ProfileOnDemand>[0]> = {}) {
  const sent: LogRecord[] = []
  const exporter = { exportLogs: (records: readonly LogRecord[]) => void sent.push(...records), flush: async () => {} }
  return { profiles: new ProfileOnDemand({ exporter, sourceRoot: process.cwd(), running: () => undefined, ...more }), sent }
}

/** Works and rests by turns until it is told to stop. */
async function busyUntil(isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    plantedWork(performance.now() + 20)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
function plantedWork(endMs: number): void {
  while (performance.now() < endMs);
}

test(
  'a profile by the inspector holds what ran meanwhile, with its line; of wall time also the idle time',
  { timeout: 60_000 },
  async () => {
    const { profiles, sent } = onDemand()
    for (const kind of ['cpu', 'wall'] as const) {
      const taking = profiles.take({ seconds: 3, kind })
      let isOver = false
      const busy = busyUntil(() => isOver)
      const { traceId, durationMs, cpuMs, ...rest } = await taking.finally(() => (isOver = true))
      await busy
      const record = sent.at(-1) as LogRecord
      expect(rest).toEqual({ kind, by: 'node:inspector' })
      expect(durationMs).toBeGreaterThanOrEqual(2999)
      expect(cpuMs).toBeGreaterThan(0)
      expect(record).toMatchObject({
        eventName: 'spyglass.profile',
        traceId,
        attributes: {
          'spyglass.profile.kind': kind,
          'spyglass.profile.by': 'node:inspector',
          'spyglass.profile.of_ms': Math.round(durationMs),
        },
      })
      // V8 may have put the callee into its caller
      expect(record.body).toMatch(/(?:plantedWork|busyUntil) \(test\/agent\/profile\/profile-on-demand\.process\.test\.ts:\d+\)/)
      expect(record.body.includes('(idle)')).toBe(kind === 'wall')
    }
  },
)

test('where the profiler of requests runs, its samples of that time are taken, and what is left is idle', { timeout: 60_000 }, async () => {
  const turns: string[] = []
  const running = {
    onStack: undefined as ((stack: SampledStack) => void) | undefined,
    turn() {
      turns.push(this.onStack ? 'taken' : 'before')
      for (const nanos of [3e8, 1e8]) this.onStack?.({ sample: undefined, stack: 'serve (a.js:1)', location: '', nanos })
    },
  }
  const { profiles, sent } = onDemand({ running: () => running as unknown as RequestProfiles })
  expect(await profiles.take({ seconds: 1, kind: 'wall' })).toMatchObject({ cpuMs: 400, by: '@datadog/pprof' })
  expect([turns, running.onStack]).toEqual([['before', 'taken'], undefined])
  expect(sent[0]?.body).toMatch(/^\(idle\) \d{6,}\nserve \(a\.js:1\) 400000$/)
})

test('one is taken at a time and sixty in an hour; more are refused with a code', { timeout: 60_000 }, async () => {
  let nowMs = 0
  const running = { turn() {} } as unknown as RequestProfiles
  const { profiles, sent } = onDemand({ running: () => running, nowMs: () => nowMs, sleep: async () => {} })
  for (let i = 0; i < 60; i++) {
    const taking = profiles.take({ seconds: 1000 })
    const message = expect.stringContaining('ends in 60 s') as string
    await expect(profiles.take({})).rejects.toMatchObject({ code: 'SPY_PROFILE_RUNNING', message })
    await taking
  }
  await expect(profiles.take({})).rejects.toMatchObject({ code: 'SPY_PROFILE_TOO_MANY' })
  nowMs = 3_600_000
  await profiles.take({})
  expect(sent).toHaveLength(61)
})
