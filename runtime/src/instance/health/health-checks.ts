/**
 * Checks the health of this instance for the applications that ask for it, and tells when it turns unhealthy and healthy again. What becomes of
 * that is decided elsewhere (reconciler/next-steps.ts): a successor is started, and this process serves until it is ready. A process starved of
 * CPU is not judged: another one would be starved as well.
 */
import { getHeapStatistics } from 'node:v8'
import type { ApplicationConfig } from '@spyglass/process/checked-config'
import { FailuresInARow } from './failures-in-a-row.ts'
import { loopDelay, type LoopSample } from './loop-delay.ts'

type HealthSettings = ApplicationConfig['health']

/** An application that runs here. */
export interface CheckedApplication {
  readonly name: string
  /** Asks it for a path; resolves with what is wrong with its answer. Never rejects. */
  probe(path: string, timeoutMs: number): Promise<string | undefined>
}

/** What is read of the process; replaced in tests. */
export interface ProcessFigures {
  readonly loop: () => LoopSample
  readonly heapBytes: () => number
  readonly rssBytes: () => number
}

export interface HealthChecksOptions {
  readonly settings: readonly { readonly name: string; readonly health: HealthSettings }[]
  readonly applications: readonly CheckedApplication[]
  /** Called when the problem changes; no problem: it is healthy again. */
  readonly onChange: (problem: string | undefined) => void
  readonly figures?: () => ProcessFigures
}

/** Beyond this share of waiting for a processor, times say nothing about the program. */
const STARVED = 0.25
const MIB = 1_048_576

/** Begins to check; the timers do not keep the process alive. Without a setting that asks for it, nothing runs. Returns what ends it. */
export function checkHealth({ settings, applications, onChange, figures = realFigures }: HealthChecksOptions): () => void {
  const problems = new Map<string, string>()
  const timers = settings.filter(isChecked).map(({ name, health }) => {
    const failures = new FailuresInARow(health.failures)
    const look = lookAt(
      health,
      applications.find((application) => application.name === name),
      figures(),
    )
    let isLooking = false
    const check = async (): Promise<void> => {
      isLooking = true
      for (const { name: checked, problem } of await look()) failures.result(checked, problem)
      isLooking = false
      tell(name, failures.problem)
    }
    return setInterval(() => {
      if (!isLooking) void check()
    }, health.intervalMs).unref()
  })

  function tell(application: string, problem: string): void {
    if (problem === (problems.get(application) ?? '')) return
    if (problem === '') problems.delete(application)
    else problems.set(application, problem)
    const all = [...problems].map(([name, text]) => `application ${name}: ${text}`)
    onChange(all.length === 0 ? undefined : all.join('; '))
  }

  return () => timers.forEach((timer) => clearInterval(timer))
}

interface Result {
  readonly name: string
  readonly problem: string | undefined
}

function isChecked({ health: { path, maxEventLoopDelayMs, maxHeapUsedBytes, maxRssBytes } }: { readonly health: HealthSettings }): boolean {
  return [path, maxEventLoopDelayMs, maxHeapUsedBytes, maxRssBytes].some((setting) => setting !== undefined)
}

/** One look at everything that the settings ask for. */
function lookAt(
  health: HealthSettings,
  application: CheckedApplication | undefined,
  figures: ProcessFigures,
): () => Promise<readonly Result[]> {
  const { path, timeoutMs, maxEventLoopDelayMs, maxHeapUsedBytes, maxRssBytes } = health
  return async () => {
    const probed = path === undefined ? undefined : await application?.probe(path, timeoutMs)
    const { delayMs, starved } = figures.loop()
    const timed: readonly Result[] = [
      { name: 'probe', problem: probed },
      { name: 'loop', problem: above(delayMs, maxEventLoopDelayMs, (ms) => `the event loop was ${Math.round(ms)} ms late`) },
    ]
    return [
      ...(starved > STARVED ? [] : timed),
      { name: 'heap', problem: above(figures.heapBytes(), maxHeapUsedBytes, (bytes) => `${mebibytes(bytes)} of heap in use`) },
      { name: 'rss', problem: above(figures.rssBytes(), maxRssBytes, (bytes) => `${mebibytes(bytes)} of resident memory`) },
    ]
  }
}

function above(value: number, limit: number | undefined, text: (value: number) => string): string | undefined {
  return limit !== undefined && value > limit ? `${text(value)} (limit ${text(limit).match(/[\d.]+ \S+/)?.[0]})` : undefined
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`

const realFigures = (): ProcessFigures => ({
  loop: loopDelay(),
  heapBytes: () => getHeapStatistics().used_heap_size,
  rssBytes: () => process.memoryUsage.rss(),
})
