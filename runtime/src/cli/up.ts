/** `spyglass up` and `spyglass server`: from arguments to a running keeper that ends on Ctrl-C. */
import { type Checked, type DataFolder, dataFolder, parseOffset } from '@spyglass/process/checked-config'
import type { LoadOptions } from '@spyglass/process/config'
import { codeOf } from '@spyglass/agent/contract'
import { type Damage, damageError } from '@spyglass/process/durable-file'
import { damagedIdentity } from '@spyglass/process/server-identity'
import { type Keeper, startKeeper } from '../keeper/keeper.ts'
import { bannerText } from './banner.ts'
import { checkConfig } from './check.ts'
import { buildDashboards } from './dashboards.ts'
import { demoSettings, demoTraffic } from './demo.ts'
import { planOf, type Role } from './plan.ts'

export interface UpOptions {
  readonly config?: string | undefined
  readonly data?: string | undefined
  readonly 'port-offset'?: string | undefined
  readonly demo?: boolean | undefined
}

const PROGRESS_MS = 2000
/** Failures that no retry fixes: the start is given up. */
const HOPELESS = /^SPY_(PORT_TAKEN|LISTEN_FAILED|SNMP_PORT_TAKEN|STORE_IN_USE)/

/** Starts, says when the server is ready, and stays until a signal comes. Resolves with the exit code. */
export async function up(options: UpOptions, role: Role): Promise<number> {
  outliveReaders()
  const { config, secrets, firstStart, remarks } = await checkConfig(loadOptions(options))
  for (const remark of remarks) process.stderr.write(`spyglass: ${remark}\n`)
  const folder = dataFolder(config.data, config.logs.folder)
  const traffic = options.demo ? demoTraffic(config) : undefined
  const onDamage = (damage: Damage): void => void process.stderr.write(`spyglass: ${damageError(damage, damagedIdentity).message}\n`)
  const keeper = await startKeeper(planOf({ config, secrets, folder, role, onDamage, ...(traffic ? { traffic } : {}) }))
  const ended = stopOnSignal(keeper)
  if (firstStart) say(`created secrets in ${folder.secrets} (mode 0600)`)
  const outcome = await withProgress(keeper, started(keeper))
  if (outcome === 'stopped') return ended
  if (outcome === 'hopeless') {
    await keeper.stop()
    return 1
  }
  if (role === 'all') await writeDashboards({ config, secrets }, folder)
  say(bannerText({ config, folder, secrets, role, interactive: process.stdout.isTTY }))
  return ended
}

type Outcome = 'ready' | 'hopeless' | 'stopped'

/** A part that failed is retried, so the server may become ready all the same, unless no retry can help. */
async function started(keeper: Keeper): Promise<Outcome> {
  const stopped = keeper.stopped.then((): Outcome => 'stopped')
  const failures = await Promise.race([keeper.tried, stopped])
  if (typeof failures === 'string') return failures
  for (const error of failures.values()) process.stderr.write(`spyglass: ${error.message}\n`)
  if ([...failures.values()].some(isHopeless)) return 'hopeless'
  return Promise.race([keeper.ready.then((): Outcome => 'ready'), stopped])
}

function loadOptions({ config, data, demo, 'port-offset': offset }: UpOptions): LoadOptions {
  return { file: config, data, portOffset: parseOffset(offset), toStart: true, ...(demo ? { base: demoSettings() } : {}) }
}

/**
 * The first signal stops everything in order, a later one at once. What comes within a second is the same signal again: a process group
 * gets it directly and from each parent that passes it on.
 */
function stopOnSignal(keeper: Keeper): Promise<number> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    const onSignal = (): void => {
      if (firstAt !== undefined && Date.now() - firstAt > 1000) process.exit(130)
      if (firstAt !== undefined) return
      firstAt = Date.now()
      say('stopping; press again to stop at once')
      void keeper.stop().then(() => resolve(0))
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}

/** What nobody reads any more, since the terminal was closed or the pipe's other end is gone, must not end the server out of order. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {}) // the log file has what matters
}

/** Says what is still missing for as long as the start takes. */
async function withProgress<T>(keeper: Keeper, starting: Promise<T>): Promise<T> {
  const telling = setInterval(() => say(`starting: ${keeper.pending().join(', ')} …`), PROGRESS_MS)
  try {
    return await starting
  } finally {
    clearInterval(telling)
  }
}

/** Grafana's files are a convenience: the server runs without them. */
async function writeDashboards(checked: Checked, folder: DataFolder): Promise<void> {
  try {
    await buildDashboards(checked, folder, { quiet: true })
  } catch (error) {
    say(`could not write the Grafana files: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const isHopeless = (error: Error): boolean => HOPELESS.test(codeOf(error) ?? '') || HOPELESS.test(codeOf(error.cause) ?? '')

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
