/**
 * Turns transitions into pages, events and managed resources. The pages of one incident leave in order: the first waits for its
 * evidence (bounded), a resolve waits for the first. Silences and acknowledgements keep pages from people, never events.
 */
import type { SpyglassConfig, WebhookConfig } from '@spyglass/process/config'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import { type Change, type Notifier, RESEND_AFTER_MS } from '../notify/index.ts'
import { AlertBeans } from './alert-beans.ts'
import type { Amendment, Evaluator } from './evaluator.ts'
import type { Evidence } from './evidence.ts'
import type { Incident } from './incident.ts'
import { type Announcement, labelsOfIncident, pageOf, stopNotice, summaryOf } from './page-of.ts'
import { recipientsOf } from './recipients.ts'
import type { Silences } from './silences.ts'

export interface AnnouncerOptions {
  readonly config: Pick<SpyglassConfig, 'server' | 'console' | 'alerting'>
  readonly evaluator: Evaluator
  readonly evidence: Pick<Evidence, 'changesBefore' | 'failedRequests'>
  /** What is true of its resource now. */
  readonly presentState: (incident: Incident) => Promise<Amendment>
  readonly silences: Pick<Silences, 'covering'>
  readonly notifier: Notifier
  readonly registry: Registry
  readonly save: () => void
  readonly now?: () => number
}

/** What the log has of an earlier stop is none. */
const NOTICE_IS_NEWS_MS = 600_000

export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #now: () => number
  readonly #chains = new Map<string, Promise<void>>()
  readonly #beans: AlertBeans
  readonly #resentAt = new Map<string, number>()
  /** What is queued and has not left yet: asked every second, it counts once. */
  readonly #queued = new Set<string>()
  #lastStop: string | undefined
  readonly #resend: readonly WebhookConfig[]

  constructor(options: AnnouncerOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#beans = new AlertBeans(options.registry, {
      find: (id) => options.evaluator.find(id),
      isSilenced: (incident) => this.#isSilenced(incident),
    })
    this.#resend = options.config.alerting.webhooks.filter(({ type }) => type === 'alertmanager')
  }

  onTransition(incident: Incident, to: 'pending' | 'firing' | 'resolved' | 'dropped'): void {
    if (to === 'pending') this.#beans.register(incident)
    if (to === 'resolved' || to === 'dropped') this.#beans.unregister(incident)
    if (to === 'firing' || to === 'resolved') this.#queue(incident.id, to)
  }

  /** Finishes what an earlier process left undone. */
  resume(incident: Incident): void {
    if (incident.state !== 'resolved') this.#beans.register(incident)
    if (incident.state !== 'pending' && incident.announced === 'nothing') this.#queue(incident.id, 'firing')
    if (incident.state === 'resolved' && incident.announced !== 'resolved') this.#queue(incident.id, 'resolved')
  }

  /** Sends what is due: reminders, what a silence has withheld, what nobody acknowledges, and alerts that Alertmanager would forget. */
  remind(): void {
    for (const incident of this.#options.evaluator.list()) {
      if (incident.state !== 'firing' || incident.announced !== 'firing') continue
      const due = this.#isSilenced(incident) ? undefined : this.#dueOf(incident)
      if (due !== undefined) this.#queue(incident.id, due)
      else if (this.#mustResend(incident)) this.#sendAgain(incident)
    }
  }

  /** Tells people that a server was told to stop. The same event counts once. */
  tellStop(event: SpyglassEvent, server = this.#options.config.server.name): void {
    const { config, notifier, save } = this.#options
    if (!this.#mustPage() || event.incidentId === this.#lastStop || this.#now() - event.time > NOTICE_IS_NEWS_MS) return
    this.#lastStop = event.incidentId
    notifier.enqueue(
      stopNotice(event, config, server),
      config.alerting.webhooks.filter(({ onlyEscalated }) => !onlyEscalated),
    )
    save()
    notifier.wake()
  }

  /** Waits until pending evidence is collected. */
  async stop(): Promise<void> {
    await Promise.all(this.#chains.values())
  }

  #dueOf(incident: Incident): Announcement | undefined {
    const { repeatAfterMs, escalateAfterMs, webhooks } = this.#options.config.alerting
    const now = this.#now()
    const { firedAt = incident.since, pagedAt = 0, isWithheld, acknowledged, escalatedAt } = incident
    if (isWithheld) return 'firing'
    if (acknowledged) return undefined
    const isLate = now - firedAt >= escalateAfterMs && webhooks.some(({ onlyEscalated }) => onlyEscalated)
    if (isLate && escalatedAt === undefined) return 'escalation'
    return now - pagedAt >= repeatAfterMs ? 'reminder' : undefined
  }

  /** Also while it is silenced: Alertmanager would tell people that it has ended. */
  #mustResend({ id, isWithheld }: Incident): boolean {
    const isDue = this.#now() - (this.#resentAt.get(id) ?? 0) >= RESEND_AFTER_MS
    return this.#mustPage() && this.#resend.length > 0 && !isWithheld && isDue
  }

  #sendAgain(incident: Incident): void {
    const { config, notifier, save } = this.#options
    this.#resentAt.set(incident.id, this.#now())
    notifier.enqueue(pageOf(incident, 'reminder', config, this.#now()), recipientsOf(this.#resend, incident, 'reminder'))
    save()
    notifier.wake()
  }

  #queue(id: string, what: Announcement): void {
    const key = `${id} ${what}`
    if (this.#queued.has(key)) return
    this.#queued.add(key)
    const before = this.#chains.get(id) ?? Promise.resolve()
    const chain = before.then(() => this.#announce(id, what)).finally(() => this.#queued.delete(key))
    this.#chains.set(id, chain)
    void chain.then(() => this.#chains.get(id) === chain && this.#chains.delete(id))
  }

  async #announce(id: string, what: Announcement): Promise<void> {
    const { evaluator, notifier, save } = this.#options
    const before = evaluator.find(id)
    if (!before) return
    await this.#gather(before, what)
    const incident = evaluator.find(id) ?? before
    const isOver = incident.state !== 'firing' && (what === 'reminder' || what === 'escalation' || before.announced === 'firing')
    if (what !== 'resolved' && isOver) return // it ended while the evidence was collected
    this.#page(incident, what)
    const announced = what === 'resolved' ? 'resolved' : 'firing'
    evaluator.amend(id, { announced, pagedAt: this.#now() })
    save()
    notifier.wake()
    if (this.#mustPage() && announced !== before.announced) this.#emit(incident, announced)
  }

  /** To people: unless a silence withholds it, or has withheld that it began. */
  #page(incident: Incident, what: Announcement): void {
    const { evaluator, config, notifier } = this.#options
    const { id, isWithheld } = incident
    this.#resentAt.set(id, this.#now())
    if (what === 'resolved') this.#resentAt.delete(id)
    if (what === 'resolved' ? isWithheld : this.#isSilenced(incident)) {
      if (what === 'firing') evaluator.amend(id, { isWithheld: true })
      return
    }
    if (what === 'firing') evaluator.amend(id, { isWithheld: undefined })
    if (what === 'escalation') evaluator.amend(id, { escalatedAt: this.#now() })
    if (this.#mustPage())
      notifier.enqueue(pageOf(incident, what, config, this.#now()), recipientsOf(config.alerting.webhooks, incident, what))
  }

  async #gather(incident: Incident, what: Announcement): Promise<void> {
    const { evaluator, evidence, presentState } = this.#options
    const amend = (change: Amendment): void => evaluator.amend(incident.id, change)
    if (what === 'resolved') {
      const failedRequests = await evidence.failedRequests(incident)
      return failedRequests === undefined ? undefined : amend({ failedRequests })
    }
    const isFirst = what === 'firing' && incident.announced === 'nothing'
    const changes = await evidence.changesBefore(incident, (late: Change[]) => amend({ changes: late }))
    amend({ changes, ...(isFirst ? {} : await presentState(incident)) })
  }

  #isSilenced(incident: Incident): boolean {
    return this.#options.silences.covering(labelsOfIncident(incident, this.#options.config)).length > 0
  }

  #mustPage(): boolean {
    return this.#options.config.alerting.owner === 'spyglass'
  }

  #emit(incident: Incident, status: 'firing' | 'resolved'): void {
    const { id, rule, severity, resource, origin, holders } = incident
    const told = summaryOf(incident, status, this.#now())
    this.#options.registry.emit({
      name: status === 'firing' ? 'spyglass.alert.firing' : 'spyglass.alert.resolved',
      resource,
      incidentId: id,
      message: status === 'firing' ? `${rule} pages: ${told}` : `${rule} has resolved: ${told}`,
      attributes: { rule, severity, ...(origin === undefined ? {} : { server: origin.slice(0, origin.lastIndexOf('@')) }) },
      ...(status === 'firing' && holders.length > 0 ? { holders } : {}),
    })
  }
}
