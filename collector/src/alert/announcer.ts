/**
 * Turns transitions into pages, events and managed resources. The pages of one incident leave in order: the first waits for its
 * evidence (bounded), a resolve waits for the first. Whatever keeps a page from people (`pager.ts`) keeps no event.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import type { Change, Notifier } from '../notify/index.ts'
import { AlertBeans } from './alert-beans.ts'
import type { Amendment, Evaluator } from './evaluator.ts'
import type { Evidence } from './evidence.ts'
import type { Incident } from './incident.ts'
import { wordsOf } from '../words/index.ts'
import { type Announcement, type PageConfig, summaryOf } from './page-of.ts'
import { Pager } from './pager.ts'
import type { Silences } from './silences.ts'

export interface AnnouncerOptions {
  readonly config: PageConfig
  readonly evaluator: Evaluator
  readonly evidence: Pick<Evidence, 'changesBefore' | 'failedRequests' | 'ofService'>
  /** What is true of its resource now. */
  readonly presentState: (incident: Incident) => Promise<Amendment>
  readonly silences: Pick<Silences, 'covering'>
  readonly notifier: Notifier
  readonly registry: Registry
  readonly save: () => void
  /** How long the first page waits for incidents of the same cause. Default 1000. */
  readonly groupWaitMs?: number
  readonly now?: () => number
}

/** What fails together is told together: so long people wait for the rest of it. */
const GROUP_WAIT_MS = 1000

export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #now: () => number
  readonly #chains = new Map<string, Promise<void>>()
  readonly #beans: AlertBeans
  /** What is queued and has not left yet: asked every second, it counts once. */
  readonly #queued = new Set<string>()
  readonly #pager: Pager

  constructor(options: AnnouncerOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#pager = new Pager({ ...options, now: this.#now })
    this.#beans = new AlertBeans(options.registry, {
      find: (id) => options.evaluator.find(id),
      isSilenced: (incident) => this.#pager.isMuted(incident),
    })
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
      const due = this.#pager.dueOf(incident)
      if (due !== undefined) this.#queue(incident.id, due)
      else if (this.#pager.mustResend(incident)) this.#sendAgain(incident)
    }
  }

  /** Tells people that a server was told to stop. The same event counts once. */
  tellStop(event: SpyglassEvent, server = this.#options.config.server.name): void {
    const { notifier, save } = this.#options
    if (!this.#pager.notice(event, server)) return
    save()
    notifier.wake()
  }

  /** Receivers or windows of maintenance have changed. */
  reconfigure(): void {
    this.#pager.reconfigure()
  }

  /** Waits until pending evidence is collected. */
  async stop(): Promise<void> {
    await Promise.all(this.#chains.values())
  }

  #sendAgain(incident: Incident): void {
    const { notifier, save } = this.#options
    this.#pager.resend(incident)
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
    await Promise.all([this.#gather(before, what), this.#others(before, what)])
    const incident = evaluator.find(id) ?? before
    const isOver = incident.state !== 'firing' && (what !== 'firing' || before.announced === 'firing')
    if (what !== 'resolved' && isOver) return // it ended while the evidence was collected
    this.#pager.page(incident, what)
    const announced = what === 'resolved' ? 'resolved' : 'firing'
    // Before it is saved that it was: if this process is killed between, the next one emits it again, and the journal knows a repeat.
    if (this.#pager.mustPage && announced !== before.announced) this.#emit(incident, announced)
    evaluator.amend(id, { announced, ...(what === 'late' ? {} : { pagedAt: this.#now() }) })
    save()
    notifier.wake()
  }

  /** Before the first page. */
  async #others({ announced }: Incident, what: Announcement): Promise<void> {
    const { groupWaitMs = GROUP_WAIT_MS } = this.#options
    if (what === 'firing' && announced === 'nothing' && groupWaitMs > 0) await delay(groupWaitMs)
  }

  async #gather(incident: Incident, what: Announcement): Promise<void> {
    const { evaluator, evidence, presentState } = this.#options
    const amend = (change: Amendment): void => evaluator.amend(incident.id, change)
    if (what === 'resolved') {
      const failedRequests = await evidence.failedRequests(incident)
      return failedRequests === undefined ? undefined : amend({ failedRequests })
    }
    const isFirst = what === 'firing' && incident.announced === 'nothing'
    const [changes, service, fresh] = await Promise.all([
      evidence.changesBefore(incident, (late: Change[]) => amend({ changes: late })),
      evidence.ofService(incident),
      isFirst ? {} : presentState(incident),
    ])
    amend({ changes, ...service, ...fresh })
  }

  #emit(incident: Incident, status: 'firing' | 'resolved'): void {
    const { id, rule, severity, resource, origin, holders } = incident
    const { language } = this.#options.config.alerting
    const told = summaryOf(incident, status, { now: this.#now(), language })
    const words = wordsOf(language)
    this.#options.registry.emit({
      name: status === 'firing' ? 'spyglass.alert.firing' : 'spyglass.alert.resolved',
      resource,
      incidentId: id,
      message: status === 'firing' ? words.pages(rule, told) : words.resolved(rule, told),
      attributes: { rule, severity, ...(origin === undefined ? {} : { server: origin.slice(0, origin.lastIndexOf('@')) }) },
      ...(status === 'firing' && holders.length > 0 ? { holders } : {}),
    })
  }
}
