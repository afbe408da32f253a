/** Wires the evaluator: events and rules in, pages out. Needs neither the store nor the management endpoint to be there. */
import { setTimeout as delay } from 'node:timers/promises'
import type { DataFolder, Secrets, SpyglassConfig } from '@spyglass/process/config'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import type { DamageReporter } from '@spyglass/process/durable-file'
import { knownIdentity } from '@spyglass/process/server-identity'
import type { Logger } from '@spyglass/process/logger'
import type { Registry } from '@spyglass/agent/registry'
import { createNotifier, type Delivery, type Notifier } from '../notify/index.ts'
import type { Rule } from '@spyglass/dashboards'
import { createManagementClient, createQueryClient, type QueryClient } from '../query/index.ts'
import { tellAccepted, waitingFor, type WaitingPage } from './accepted-page.ts'
import { alertRulesOf } from './alert-rules.ts'
import { kindsOf, rollupRuleOf, RULES_EVERY_MS } from './declared-rules.ts'
import { Announcer } from './announcer.ts'
import { registerReceivers, watchDeliveries } from './delivery-watch.ts'
import { type Amendment, Evaluator } from './evaluator.ts'
import { type EventSender, EventSource } from './event-source.ts'
import { Evidence } from './evidence.ts'
import { type Incident, isOpen } from './incident.ts'
import { alertOperations } from './operations.ts'
import { labelsOfIncident, signOfLife, testPage } from './page-of.ts'
import { presentState } from './present-state.ts'
import { type RegistryWatchOptions, startRegistryWatch } from './registry-watch.ts'
import { type RollupRunnerOptions, startRollupRules } from './rollup-rule.ts'
import { RuleValues } from './rule-values.ts'
import { damagedWindows, SampleWindows, type SampleWindowsOptions } from './sample-windows.ts'
import { startRebuild } from './rebuild.ts'
import { wordsOf } from '../words/index.ts'
import { type Silence, Silences, type SilenceState } from './silences.ts'
import { type AlertState, damagedAlerts, openState } from './state.ts'

export interface AlertingOptions {
  readonly config: SpyglassConfig
  readonly secrets: Secrets
  readonly folder: DataFolder
  readonly registry: Registry
  readonly logger: Logger
  readonly onDamage?: DamageReporter
  readonly now?: () => number
}

export interface Alerting {
  /** Accepts every event the collector sees. Never throws, never waits; duplicates count once. */
  onEvent(event: SpyglassEvent, sender?: EventSender): void
  /** Pending, firing and the last resolved incidents, newest first. */
  incidents(): readonly Incident[]
  /** Newest first; the ended ones for five days. */
  silences(): readonly (Silence & { readonly state: SilenceState })[]
  /** Carries out an operation of the kinds `alert` and `receiver`, and returns its result. @throws SPY_INCIDENT_…, SPY_SILENCE_…, SPY_PAGE_… */
  carryOut(operation: string, given: Readonly<Record<string, unknown>>): unknown
  /** Pages about an incident that wait for a receiver. */
  waiting(incident: string): readonly WaitingPage[]
  /** Silences about an incident, the ended ones as well. */
  silencesAbout(incident: Incident): ReturnType<Alerting['silences']>
  /** The rules that are judged. */
  readonly rules: readonly Rule[]
  /** What became of the pages, for each receiver. */
  deliveries(): readonly Delivery[]
  /** Firing alerts. */
  readonly firing: number
  /** Pages delivered. */
  readonly pagesSent: number
  /** Attempts to deliver that failed. */
  readonly pagesFailed: number
  /** Receivers or windows of maintenance in the configuration have changed. */
  reconfigure(): void
  /** Finishes pending work, within 5 s. Undelivered pages are delivered after the next start. */
  stop(): Promise<void>
}

const STOP_WITHIN_MS = 5000
const REMIND_EVERY_MS = 1000
const BEAT_EVERY_MS = 60_000
/** After a start, an old incident fires only once the registry had time to report that it is over. */
const GRACE_MS = 5000

export async function startAlerting(options: AlertingOptions): Promise<Alerting> {
  const { config, folder, secrets, registry, now = Date.now } = options
  const logger = options.logger.child({ component: 'alert' })
  const { state, isDamaged, save } = openState(folder.state, logger, options.onDamage?.(damagedAlerts))
  const query = createQueryClient({ ...options, part: 'rules' })
  const notifier = notifierOf(options, { state, save, now })
  const evaluator = new Evaluator({
    incidents: state.incidents,
    save,
    now,
    onTransition(incident, to) {
      logger.info({ incidentId: incident.id, rule: incident.rule, resource: incident.resource, to }, 'alert changes state')
      announcer.onTransition(incident, to)
    },
  })
  const words = wordsOf(config.alerting.language)
  const declared = alertRulesOf(config.alerting, logger)
  const evidence = new Evidence({ query, logger, rules: declared })
  const management = createManagementClient(config, secrets.internal.token)
  const presentOf = (incident: Incident): Promise<Amendment> => presentState(incident, { management, logger, words })
  const silences = new Silences({ silences: (state.silences ??= []), save, now })
  const pages = { ...config, rules: declared }
  const announcer = new Announcer({ config: pages, evaluator, evidence, presentState: presentOf, silences, notifier, registry, save, now })
  const tryReceiver = async (name: string, actor: string): Promise<void> => await notifier.try(name, testPage(actor, config, now()))
  const carryOut = alertOperations({ evaluator, silences, registry, tryReceiver, save, words, now })
  const source = new EventSource({ alerting: config.alerting, evaluator, crashes: state.crashes, serverId: serverIdOf(folder), now })
  resume({ evaluator, announcer, declared }, now())
  const rebuild = isDamaged ? startRebuild({ query, evaluator, announcer, source, logger, now }) : undefined
  const judging = startJudging({ declared, windows: windowsOf(options), management, query, evaluator, logger, words, now })
  const reconfigure = startReconfiguring({ config, registry, announcer, notifier })
  const reminding = startReminding({ config, notifier, evaluator, announcer, now })
  notifier.wake()

  let stopping: Promise<void> | undefined
  return {
    onEvent(event, sender) {
      evidence.remember(event)
      source.onEvent(event, sender)
      if (event.name === 'spyglass.server.stopping') announcer.tellStop(event, sender?.server)
    },
    incidents: () => evaluator.list(),
    silences: () => silences.list(),
    carryOut,
    ...evidenceFor(config, { state, silences, rules: declared }),
    deliveries: () => notifier.deliveries(),
    get firing() {
      return evaluator.list().filter((incident) => incident.state === 'firing').length
    },
    get pagesSent() {
      return notifier.sent
    },
    get pagesFailed() {
      return notifier.failed
    },
    reconfigure,
    stop: () => (stopping ??= stopAll([reminding, rebuild, judging, evaluator], { announcer, notifier, query, save })),
  }
}

function notifierOf(
  { config, registry, logger }: AlertingOptions,
  own: Pick<Parameters<typeof createNotifier>[0], 'state' | 'save' | 'now'>,
): Notifier {
  const receivers = receiversOf(config.alerting)
  return createNotifier({ ...own, receivers, logger, onAccepted: tellAccepted(() => receiversOf(config.alerting), registry) })
}

/** Nobody is sent anything while another owns paging. */
const receiversOf = ({ owner, receivers }: SpyglassConfig['alerting']): SpyglassConfig['alerting']['receivers'] =>
  owner === 'spyglass' ? [...receivers] : []

interface Known {
  readonly state: AlertState
  readonly silences: Silences
  readonly rules: readonly Rule[]
}

interface Stopped {
  readonly announcer: Announcer
  readonly notifier: Notifier
  readonly query: QueryClient
  readonly save: () => void
}

async function stopAll(parts: readonly ({ stop(): void } | undefined)[], { announcer, notifier, query, save }: Stopped): Promise<void> {
  for (const part of parts) part?.stop()
  await Promise.race([announcer.stop().then(() => notifier.stop()), delay(STOP_WITHIN_MS, undefined, { ref: false })])
  save()
  await query.stop()
}

interface Reconfigured {
  readonly config: SpyglassConfig
  readonly registry: Registry
  readonly announcer: Announcer
  readonly notifier: Notifier
}

function startReconfiguring({ config, registry, announcer, notifier }: Reconfigured): Alerting['reconfigure'] {
  const beans = registerReceivers(registry, notifier)
  return () => {
    announcer.reconfigure()
    notifier.reconfigure(receiversOf(config.alerting))
    beans.update()
  }
}

/** What the address of an incident shows of it. */
function evidenceFor(config: SpyglassConfig, { state, silences, rules }: Known): Pick<Alerting, 'waiting' | 'silencesAbout' | 'rules'> {
  return {
    waiting: (incident) => waitingFor(incident, state.outbox),
    silencesAbout: (incident) => silences.about(labelsOfIncident(incident, config)),
    rules,
  }
}

const windowsOf = ({ folder, logger, onDamage }: AlertingOptions): SampleWindowsOptions => ({
  folder: folder.state,
  logger,
  onDamage: onDamage?.(damagedWindows),
})

interface JudgingOptions extends RegistryWatchOptions, Omit<RollupRunnerOptions, 'rules'> {
  readonly declared: readonly Rule[]
  readonly windows: SampleWindowsOptions
}

/** What asks by itself, besides the events that come. */
function startJudging({ declared, windows: kept, ...options }: JudgingOptions): { stop(): void } {
  const windows = new SampleWindows(kept)
  const values = new RuleValues({ ...options, kinds: kindsOf(declared) })
  const rules = declared.flatMap((rule) => rollupRuleOf(rule, values, windows) ?? [])
  const parts = [startRegistryWatch(options), startRollupRules({ ...options, rules }), windows]
  return { stop: () => parts.forEach((part) => part.stop()) }
}

function serverIdOf(folder: DataFolder): () => string | undefined {
  let known: string | undefined
  return () => (known ??= knownIdentity(folder))
}

interface RemindingOptions {
  readonly config: SpyglassConfig
  readonly notifier: Pick<Notifier, 'deliveries' | 'beat'>
  readonly evaluator: Evaluator
  readonly announcer: Pick<Announcer, 'remind'>
  readonly now: () => number
}

/** The sign of life comes from the same loop: when that no longer turns, it stays away. */
function startReminding({ config, notifier, evaluator, announcer, now }: RemindingOptions): { stop(): void } {
  let beatAt = -Infinity
  const timer = setInterval(() => {
    watchDeliveries(notifier.deliveries(), evaluator, { now: now(), words: wordsOf(config.alerting.language) })
    announcer.remind()
    if (now() - beatAt < BEAT_EVERY_MS) return
    beatAt = now()
    void notifier.beat(signOfLife(config, now()))
  }, REMIND_EVERY_MS).unref()
  return { stop: () => clearInterval(timer) }
}

interface Resumed {
  readonly evaluator: Evaluator
  readonly announcer: Announcer
  readonly declared: readonly Rule[]
}

/** Picks up what the last process left: pages not yet queued, incidents whose end may have been missed. */
function resume({ evaluator, announcer, declared }: Resumed, now: number): void {
  const judged = new Set(declared.filter(({ when }) => when.shape !== 'event').map(({ name }) => name))
  for (const incident of evaluator.list()) {
    announcer.resume(incident)
    // What a rule has found is looked at again before it fires: it may have ended meanwhile.
    if (isOpen(incident)) evaluator.postpone(incident.id, now + (judged.has(incident.rule) ? RULES_EVERY_MS : 0) + GRACE_MS)
  }
  evaluator.tick()
}
