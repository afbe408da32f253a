/** A pool over a real SQLite file in a folder of its own, with a clock that only the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { type SpyglassEvent, createRegistry } from '@spyglass/agent'
import { kinds } from '@spyglass/mbeans/kinds'
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Clock } from '../../../runtime/src/clock/index.ts'
import { openResources } from '../../../runtime/src/resource/index.ts'

export class ManualClock implements Clock {
  /** Timers that went off. */
  rung = 0
  #now = 1_000_000
  readonly #timers = new Set<{ readonly at: number; readonly fn: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Moves on, letting each timer ring at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      this.rung++
      next.fn()
    }
    this.#now = end
  }
}

export const settings: DatasourceConfig = {
  name: 'shop',
  driver: 'sqlite',
  file: 'shop.db',
  required: false,
  min: 0,
  max: 2,
  step: 1,
  growWaitMs: 0,
  members: [],
  sharded: false,
  balance: 'weight',
  routes: [],
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  probeFailures: 2,
  restoreAfterMs: 10_000,
  maxLagMs: 30_000,
  acquireTimeoutMs: 5000,
  connectTimeoutMs: 5000,
  maxWaiting: 3,
  idleTimeoutMs: 60_000,
  validateAfterIdleMs: 30_000,
  keepAliveMs: 60_000,
  leakAfterMs: 30_000,
  exhaustedAfterMs: 10_000,
}

/** Its node_modules has the packages of the drivers. */
const repository = fileURLToPath(new URL('../../..', import.meta.url))

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

/** Opens one datasource named `shop`; `await using` closes it and deletes its folder. */
export async function openShop(
  changes: Partial<DatasourceConfig> = {},
  clock: Clock = new ManualClock(),
  { application, stateFolder }: { readonly application?: string; readonly stateFolder?: string | undefined } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-pool-'))
  const events: SpyglassEvent[] = []
  const log: LogLine[] = []
  const registry = createRegistry({ kindNamed: (name) => Object.values(kinds).find((kind) => kind.name === name) })
  registry.onEvent((event) => events.push(event))
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(JSON.parse(line) as LogLine) })
  const resources = await openResources({
    instance: 'http-1',
    applicationFolders: [repository],
    application,
    registry,
    logger,
    folder,
    stateFolder: stateFolder ?? folder,
    clock,
    resources: { datasources: [{ ...settings, ...changes }] },
  })
  const bean = () => registry.find('spyglass:type=Datasource,instance=http-1,name=shop')
  return {
    settings: { ...settings, ...changes },
    shop: resources.get('datasources', 'shop'),
    configure: (config: DatasourceConfig) => resources.configure('datasources', [config]),
    resources,
    registry,
    events,
    log,
    folder,
    clock: clock as ManualClock,
    read: (attribute: string) => bean()?.read(attribute),
    async [Symbol.asyncDispose]() {
      const closing = resources.close(500)
      if (clock instanceof ManualClock) clock.advance(500)
      await closing
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until the event loop has turned a few times: for what is known to need no time of its own. */
export async function turns(n = 5): Promise<void> {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve))
}
