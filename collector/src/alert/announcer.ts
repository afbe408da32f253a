/**
 * Turns transitions into pages, events and managed resources. The pages of one incident leave in order: the first waits for its
 * evidence (bounded), a resolve waits for the first.
 */
import type { SpyglassConfig, WebhookConfig } from '@spyglass/process/config'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Registry } from '@spyglass/agent/registry'
import { type Change, type Notifier, type PageStatus, RESEND_AFTER_MS } from '../notify/index.ts'
import { PAGING_BROKEN, resourceOf } from './delivery-watch.ts'
import type { Amendment, Evaluator } from './evaluator.ts'
import type { Evidence } from './evidence.ts'
import type { Incident } from './incident.ts'
import { pageOf, stopNotice, summaryOf } from './page-of.ts'

export interface AnnouncerOptions {
  readonly config: Pick<SpyglassConfig, 'server' | 'console' | 'alerting'>
  readonly evaluator: Evaluator
  readonly evidence: Pick<Evidence, 'changesBefore' | 'failedRequests'>
  /** What is true of its resource now. */
  readonly presentState: (incident: Incident) => Promise<Amendment>
  readonly notifier: Notifier
  readonly registry: Registry
  readonly save: () => void
  readonly now?: () => number
}

export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #now: () => number
  readonly #chains = new Map<string, Promise<void>>()
  readonly #registered = new Map<string, () => void>()
  readonly #resentAt = new Map<string, number>()
  #lastStop: string | undefined
  readonly #resend: readonly WebhookConfig[]

  constructor(options: AnnouncerOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#resend = options.config.alerting.webhooks.filter(({ type }) => type === 'alertmanager')
  }

  onTransition(incident: Incident, to: 'pending' | 'firing' | 'resolved' | 'dropped'): void {
    if (to === 'pending') this.#register(incident)
    if (to === 'resolved' || to === 'dropped') this.#unregister(incident)
    if (to === 'firing' || to === 'resolved') this.#queue(incident.id, to)
  }

  /** Finishes what an earlier process left undone. */
  resume(incident: Incident): void {
    if (incident.state !== 'resolved') this.#register(incident)
    if (incident.state !== 'pending' && incident.announced === 'nothing') this.#queue(incident.id, 'firing')
    if (incident.state === 'resolved' && incident.announced !== 'resolved') this.#queue(incident.id, 'resolved')
  }

  /** Sends what is due again: reminders, and alerts that Alertmanager would forget. */
  remind(): void {
    const { evaluator, config, notifier, save } = this.#options
    const now = this.#now()
    for (const incident of evaluator.list()) {
      if (incident.state !== 'firing' || incident.announced !== 'firing') continue
      if (now - (incident.pagedAt ?? 0) >= config.alerting.repeatAfterMs) this.#queue(incident.id, 'reminder')
      else if (this.#mustPage() && this.#resend.length > 0 && now - (this.#resentAt.get(incident.id) ?? 0) >= RESEND_AFTER_MS) {
        this.#resentAt.set(incident.id, now)
        notifier.enqueue(pageOf(incident, 'reminder', config, now), this.#resend.filter(isReachable(incident)))
        save()
        notifier.wake()
      }
    }
  }

  /** Tells people that a server was told to stop. The same event counts once. */
  tellStop(event: SpyglassEvent, server = this.#options.config.server.name): void {
    const { config, notifier, save } = this.#options
    if (!this.#mustPage() || event.incidentId === this.#lastStop || this.#now() - event.time > NOTICE_IS_NEWS_MS) return
    this.#lastStop = event.incidentId
    notifier.enqueue(stopNotice(event, config, server))
    save()
    notifier.wake()
  }

  /** Waits until pending evidence is collected. */
  async stop(): Promise<void> {
    await Promise.all(this.#chains.values())
  }

  #queue(id: string, status: PageStatus): void {
    const before = this.#chains.get(id) ?? Promise.resolve()
    const chain = before.then(() => this.#announce(id, status))
    this.#chains.set(id, chain)
    void chain.then(() => this.#chains.get(id) === chain && this.#chains.delete(id))
    if (status !== 'reminder') return
    this.#options.evaluator.amend(id, { pagedAt: this.#now() })
    this.#resentAt.set(id, this.#now())
  }

  async #announce(id: string, status: PageStatus): Promise<void> {
    const { evaluator, config, notifier, save } = this.#options
    const before = evaluator.find(id)
    if (!before) return
    await this.#gather(before, status)
    const incident = evaluator.find(id) ?? before
    if (status === 'reminder' && incident.state !== 'firing') return // it ended while the evidence was collected
    if (this.#mustPage()) {
      notifier.enqueue(pageOf(incident, status, config, this.#now()), config.alerting.webhooks.filter(isReachable(incident)))
    }
    this.#resentAt.set(id, this.#now())
    if (status === 'resolved') this.#resentAt.delete(id)
    evaluator.amend(id, { announced: status === 'resolved' ? 'resolved' : 'firing', pagedAt: this.#now() })
    save()
    notifier.wake()
    if ((status === 'firing' || status === 'resolved') && this.#mustPage()) this.#emit(incident, status)
  }

  async #gather(incident: Incident, status: PageStatus): Promise<void> {
    const { evaluator, evidence, presentState } = this.#options
    const amend = (change: Amendment): void => evaluator.amend(incident.id, change)
    if (status === 'resolved') {
      const failedRequests = await evidence.failedRequests(incident)
      return failedRequests === undefined ? undefined : amend({ failedRequests })
    }
    const changes = await evidence.changesBefore(incident, (late: Change[]) => amend({ changes: late }))
    amend({ changes, ...(status === 'reminder' ? await presentState(incident) : {}) })
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

  #register(incident: Incident): void {
    const { id, rule } = incident
    if (this.#registered.has(id)) return
    const present = (): Incident => this.#options.evaluator.find(id) ?? incident
    const unregister = this.#options.registry.register(
      kinds.alert,
      { rule, incident: id },
      {
        rule: () => rule,
        incident: () => id,
        state: () => present().state,
        severity: () => present().severity,
        resource: () => present().resource,
        since: () => present().since,
        summary: () => present().summary,
      },
    )
    this.#registered.set(id, unregister)
  }

  #unregister({ id }: Incident): void {
    this.#registered.get(id)?.()
    this.#registered.delete(id)
  }
}

/** What the log has of an earlier stop is none. */
const NOTICE_IS_NEWS_MS = 600_000

/** That a receiver accepts nothing is told over the others. */
function isReachable({ rule, resource }: Incident): (receiver: WebhookConfig) => boolean {
  return ({ name }) => rule !== PAGING_BROKEN || resource !== resourceOf(name)
}
