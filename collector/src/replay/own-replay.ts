/** A recording in our own evaluator: the same code that judges a running server, with a clock of its own. */
import { objectNameOf, type SpyglassEvent, events } from '@spyglass/agent/contract'
import { kindOf, type RecordedEvent, type Recording, type Rule } from '@spyglass/dashboards'
import type { SpyglassConfig } from '@spyglass/process/config'
import type { Logger } from '@spyglass/process/logger'
import { kindsOf, rollupRuleOf } from '../alert/declared-rules.ts'
import { Evaluator } from '../alert/evaluator.ts'
import { EventSource } from '../alert/event-source.ts'
import type { Incident } from '../alert/incident.ts'
import { type RollupRule, runRule } from '../alert/rollup-rule.ts'
import { SampleWindows } from '../alert/sample-windows.ts'
import { RuleValues } from '../alert/rule-values.ts'
import type { ManagementClient, QueryClient } from '../query/index.ts'
import { resourcesAt } from './recorded-state.ts'

export interface OwnReplayOptions {
  readonly rule: Rule
  readonly recording: Recording
  readonly alerting: SpyglassConfig['alerting']
  /** Over the store that has the recording's rows. */
  readonly query: QueryClient
  /** When the recording begins. */
  readonly baseMs: number
  readonly logger: Logger
}

export class OwnReplay {
  readonly #options: OwnReplayOptions
  readonly #incidents: Incident[] = []
  readonly #evaluator: Evaluator
  readonly #source: EventSource
  readonly #rule: RollupRule | undefined
  readonly #told = new Set<RecordedEvent>()
  #atMs = 0
  #failure: unknown

  constructor(options: OwnReplayOptions) {
    this.#options = options
    const now = (): number => options.baseMs + this.#atMs
    this.#evaluator = new Evaluator({ incidents: this.#incidents, save: () => {}, onTransition: () => {}, now })
    this.#source = new EventSource({ alerting: options.alerting, evaluator: this.#evaluator, crashes: {}, now })
    const values = new RuleValues({ management: this.#management(), query: options.query, kinds: kindsOf([options.rule]), shareMs: 0, now })
    this.#rule = rollupRuleOf(options.rule, values, new SampleWindows({ logger: options.logger }))
  }

  /** How often it judges. */
  get everyMs(): number | undefined {
    return this.#rule?.everyMs
  }

  /** What is true at a time of the recording; returns how many alerts fire. Times rise. */
  async look(atMs: number): Promise<number> {
    this.#atMs = atMs
    for (const event of this.#options.recording.events) if (event.atMs <= atMs && !this.#told.has(event)) this.#tell(event)
    if (this.#rule && atMs % this.#rule.everyMs === 0) await this.#judge(this.#rule)
    this.#evaluator.tick()
    return this.#evaluator.list().filter(({ state }) => state === 'firing').length
  }

  stop(): void {
    this.#evaluator.stop()
  }

  async #judge(rule: RollupRule): Promise<void> {
    const { query, baseMs, logger } = this.#options
    const failing: RollupRule = {
      ...rule,
      evaluate: async (...args) => await rule.evaluate(...args).catch((error: unknown) => this.#fail(error)),
    }
    await runRule(failing, { rules: [], query, evaluator: this.#evaluator, logger, now: () => baseMs + this.#atMs })
    if (this.#failure !== undefined) throw this.#failure
  }

  /** On a server a failure changes nothing; here it is what the test found. */
  #fail(error: unknown): never {
    this.#failure = error
    throw error
  }

  #tell(event: RecordedEvent): void {
    this.#told.add(event)
    this.#source.onEvent(eventOf(event, this.#options))
  }

  #management(): ManagementClient {
    return {
      read: async (kinds) => {
        const resources = resourcesAt(this.#options.recording, this.#atMs)
        return kinds.map((kind) =>
          resources
            .filter((one) => one.kind === kind.name)
            .map(({ keys, values }) => ({ name: objectNameOf(kindOf(kind.name) ?? kind, keys), values })),
        )
      },
    }
  }
}

/** A raise and its clear share the id. */
function eventOf({ atMs, name, resource }: RecordedEvent, { recording, baseMs }: OwnReplayOptions): SpyglassEvent {
  const { phase, severity, ...declared } = events[name]
  const raised = 'clears' in declared ? declared.clears : name
  const earlier = recording.events.filter((one) => one.name === raised && one.resource === resource && one.atMs <= atMs)
  const incidentId = `${raised} ${resource} ${earlier.length}`
  return { name, phase, severity, resource, incidentId, time: baseMs + atMs, message: 'recorded', attributes: {} }
}
