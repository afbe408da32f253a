/**
 * Who is paged about an incident, and when. It may be muted (`muting.ts`), it may be told together with others of its cause (`group.ts`), and each
 * receiver has its own route (`recipients.ts`). Alertmanager gets every incident by itself: grouping is its own task. What is decided is queued;
 * the caller saves the state.
 */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { labelsOf, type Notifier, RESEND_AFTER_MS } from '../notify/index.ts'
import type { Evaluator } from './evaluator.ts'
import { companionsOf, groupOf, groupToJoin, isLead, othersOf } from './group.ts'
import type { Incident } from './incident.ts'
import { MaintenanceWindows } from './maintenance.ts'
import { muteOf } from './muting.ts'
import { type Announcement, groupPageOf, labelsOfIncident, type PageConfig, pageOf, stopNotice } from './page-of.ts'
import { noticeRecipients, recipientsOf, type Route, routesOf, toldOf } from './recipients.ts'
import type { Silences } from './silences.ts'

export interface PagerOptions {
  readonly config: PageConfig
  readonly evaluator: Evaluator
  readonly silences: Pick<Silences, 'covering'>
  readonly notifier: Notifier
  readonly now: () => number
}

/** What the log has of an earlier stop is none. */
const NOTICE_IS_NEWS_MS = 600_000
/** How often people are told at most that more of the same cause has failed. */
const NEWS_EVERY_MS = 30_000

export class Pager {
  readonly #options: PagerOptions
  #maintenance = new MaintenanceWindows([])
  readonly #resentAt = new Map<string, number>()
  #people: readonly Route[] = []
  /** Those of Alertmanager, which forgets. */
  #alertmanagers: readonly Route[] = []
  #lastStop: string | undefined

  constructor(options: PagerOptions) {
    this.#options = options
    this.reconfigure()
  }

  /** Reads the receivers and the windows of maintenance again. */
  reconfigure(): void {
    const { maintenance, receivers } = this.#options.config.alerting
    this.#maintenance = new MaintenanceWindows(maintenance)
    const routes = routesOf(receivers)
    this.#alertmanagers = routes.filter(({ receiver }) => receiver.type === 'alertmanager')
    this.#people = routes.filter(({ receiver: { type } }) => type !== 'alertmanager' && type !== 'watchdog')
  }

  /** Whether it is kept from people now. */
  isMuted(incident: Incident): boolean {
    const moment = { labels: this.#labelsOf(incident), all: this.#all(), now: this.#options.now() }
    return muteOf(incident, moment, { silences: this.#options.silences, maintenance: this.#maintenance }) !== undefined
  }

  /** Whether this server pages at all. */
  get mustPage(): boolean {
    return this.#options.config.alerting.owner === 'spyglass'
  }

  /** Queues what people are told: unless it is muted, or was when it began. */
  page(incident: Incident, what: Announcement): void {
    const { evaluator, now } = this.#options
    const { id, isWithheld } = incident
    this.#resentAt.set(id, now())
    if (what === 'resolved') this.#resentAt.delete(id)
    if (what === 'resolved' ? isWithheld : this.isMuted(incident)) {
      if (what === 'firing') evaluator.amend(id, { isWithheld: true })
      return
    }
    if (what === 'firing') evaluator.amend(id, { isWithheld: undefined })
    if (what === 'escalation') evaluator.amend(id, { escalatedAt: now() })
    if (!this.mustPage) return
    if (what === 'resolved') this.#tellEnd(incident)
    else this.#tell(incident, what)
  }

  /** What people should know about a firing incident by now, if anything. */
  dueOf(incident: Incident): Announcement | undefined {
    if (this.isMuted(incident)) return undefined
    const { repeatAfterMs, escalateAfterMs } = this.#options.config.alerting
    const [now, all] = [this.#options.now(), this.#all()]
    const { firedAt = incident.since, pagedAt = 0, isWithheld, acknowledged, escalatedAt } = incident
    if (isWithheld) return 'firing'
    if (!isLead(incident, all)) return undefined
    const isNews = othersOf(incident, all).some((other) => other.isNews)
    if (isNews && now - pagedAt >= NEWS_EVERY_MS) return 'reminder'
    if (acknowledged) return undefined
    const isOverdue = now - firedAt >= escalateAfterMs && escalatedAt === undefined
    if (isOverdue && this.#recipients(this.#people, incident, 'escalation').length > 0) return 'escalation'
    if (this.#recipients(this.#people, incident, 'late').length > 0) return 'late'
    return now - pagedAt >= repeatAfterMs ? 'reminder' : undefined
  }

  /** Whether Alertmanager would forget it by now. Also while it is muted: people would be told that it has ended. */
  mustResend({ id, isWithheld }: Incident): boolean {
    const isDue = this.#options.now() - (this.#resentAt.get(id) ?? 0) >= RESEND_AFTER_MS
    return this.mustPage && this.#alertmanagers.length > 0 && !isWithheld && isDue
  }

  resend(incident: Incident): void {
    const { config, notifier, now } = this.#options
    this.#resentAt.set(incident.id, now())
    notifier.enqueue(pageOf(incident, 'reminder', config, now()), toldOf(this.#alertmanagers, incident))
  }

  /** Queues that a server was told to stop, and says whether it did. The same event counts once. */
  notice(event: SpyglassEvent, server: string): boolean {
    const { config, notifier, now } = this.#options
    if (!this.mustPage || event.incidentId === this.#lastStop || now() - event.time > NOTICE_IS_NEWS_MS) return false
    this.#lastStop = event.incidentId
    const page = stopNotice(event, config, server)
    notifier.enqueue(page, noticeRecipients([...this.#people, ...this.#alertmanagers], labelsOf(page), now()))
    return true
  }

  #tell(incident: Incident, what: Announcement): void {
    const { evaluator, config, notifier, now } = this.#options
    const joined = what === 'firing' ? groupToJoin(incident, this.#all(), now()) : undefined
    if (joined === undefined) this.#gather(incident, what)
    else if (incident.group === undefined) evaluator.amend(incident.id, { group: joined, isNews: true })
    const people = joined === undefined ? this.#recipients(this.#people, incident, what) : []
    const managers = this.#recipients(this.#alertmanagers, incident, what)
    const names = [...people, ...managers].map(({ name }) => name)
    if (what !== 'reminder') evaluator.amend(incident.id, { told: [...new Set([...(incident.told ?? []), ...names])] })
    notifier.enqueue(groupPageOf(incident, what, config, { all: this.#all(), now: now() }), people)
    notifier.enqueue(pageOf(incident, what, config, now()), managers)
  }

  /** What fired in the same moment and waits for its own page is part of this one, which is about the whole group. */
  #gather(incident: Incident, what: Announcement): void {
    const { evaluator } = this.#options
    for (const one of what === 'firing' ? companionsOf(incident, this.#all()) : [])
      if (!this.isMuted(one)) evaluator.amend(one.id, { group: groupOf(incident) })
    for (const { id, isNews } of othersOf(incident, this.#all())) if (isNews) evaluator.amend(id, { isNews: undefined })
  }

  /** Of a group people are told the end when the last of it has ended; until then the next one speaks for it. */
  #tellEnd(incident: Incident): void {
    const { config, notifier, now } = this.#options
    notifier.enqueue(pageOf(incident, 'resolved', config, now()), toldOf(this.#alertmanagers, incident))
    const [next] = othersOf(incident, this.#all())
    const people = toldOf(this.#people, incident)
    if (next === undefined) notifier.enqueue(groupPageOf(incident, 'resolved', config, { all: this.#all(), now: now() }), people)
    else this.#handOver(incident, next)
  }

  #handOver({ acknowledged, escalatedAt, pagedAt = 0, ...from }: Incident, next: Incident): void {
    const names = [...toldOf(this.#people, { ...from, pagedAt }), ...toldOf([...this.#people, ...this.#alertmanagers], next)].map(
      ({ name }) => name,
    )
    const who = next.acknowledged ?? acknowledged
    const when = next.escalatedAt ?? escalatedAt
    this.#options.evaluator.amend(next.id, {
      told: [...new Set(names)],
      pagedAt: Math.max(pagedAt, next.pagedAt ?? 0),
      ...(who === undefined ? {} : { acknowledged: who }),
      ...(when === undefined ? {} : { escalatedAt: when }),
    })
  }

  #recipients(routes: readonly Route[], incident: Incident, what: Announcement): ReturnType<typeof recipientsOf> {
    return recipientsOf(routes, { incident, labels: this.#labelsOf(incident), now: this.#options.now() }, what)
  }

  /** Oldest first. */
  #all(): readonly Incident[] {
    return this.#options.evaluator.list().toReversed()
  }

  #labelsOf(incident: Incident): ReturnType<typeof labelsOfIncident> {
    return labelsOfIncident(incident, this.#options.config)
  }
}
