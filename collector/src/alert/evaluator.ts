/**
 * The state machine of incidents: pending → firing → resolved. It knows neither events nor rules nor receivers; those raise and
 * clear, and are notified of transitions. It uses the time of arrival, never the clocks of others.
 */
import type { EventSeverity, Holder } from '@spyglass/agent/contract'
import { type Incident, isOpen } from './incident.ts'

export interface Raise {
  readonly id: string
  readonly rule: string
  readonly severity: EventSeverity
  readonly resource: string
  /** As in an incident. */
  readonly origin?: string | undefined
  readonly summary: string
  readonly since: number
  /** How long it must last before it fires; 0: at once. */
  readonly delayMs: number
  /** How long it must stay clear before it resolves; 0 by default. */
  readonly settleMs?: number
  readonly attributes?: Incident['attributes']
  readonly holders?: readonly Holder[]
  readonly observed?: boolean
}

/** What is cleared: one raise by its id, or everything this rule has open for the resource. */
export interface Clear {
  readonly rule: string
  readonly resource: string
  readonly origin?: string | undefined
  readonly id?: string
}

/** What may change in an incident without a transition. */
export type Amendment = Partial<
  Pick<
    Incident,
    | 'acknowledged'
    | 'announced'
    | 'attributes'
    | 'changes'
    | 'escalatedAt'
    | 'failedRequests'
    | 'group'
    | 'holders'
    | 'pagedAt'
    | 'service'
    | 'summary'
    | 'told'
    | 'usual'
  >
> & {
  /** Undefined: not any more. */
  readonly isWithheld?: true | undefined
  readonly isNews?: true | undefined
}

export interface EvaluatorOptions {
  /** Part of the persistent state; replaced element by element. */
  readonly incidents: Incident[]
  readonly save: () => void
  /** Called after the state is saved. A pending incident that cleared is passed as `dropped`. */
  readonly onTransition: (incident: Incident, to: 'pending' | 'firing' | 'resolved' | 'dropped') => void
  readonly now?: () => number
}

/** Number of resolved incidents kept for display. */
const KEEP_RESOLVED = 100
/** Number of cleared raises that are remembered: of each incident, and of those that never became one. */
const MAX_CLEARED = 100

export class Evaluator {
  readonly #incidents: Incident[]
  readonly #save: () => void
  readonly #onTransition: EvaluatorOptions['onTransition']
  readonly #now: () => number
  /** Raises that cleared while they were pending. */
  readonly #dropped: string[] = []
  #timer: NodeJS.Timeout | undefined

  constructor({ incidents, save, onTransition, now = Date.now }: EvaluatorOptions) {
    this.#incidents = incidents
    this.#save = save
    this.#onTransition = onTransition
    this.#now = now
  }

  /** All incidents, newest first. */
  list(): readonly Incident[] {
    return this.#incidents.toReversed()
  }

  find(id: string): Incident | undefined {
    return this.#incidents.find((incident) => incident.id === id)
  }

  /** Whether a raise was already seen, on its own or as part of another incident, even if it has cleared since. */
  knows(id: string): boolean {
    return (
      this.#dropped.includes(id) ||
      this.#incidents.some((incident) => incident.id === id || incident.open.includes(id) || incident.cleared?.includes(id))
    )
  }

  /** The open incident of a rule for a resource. Two servers have resources of the same name. */
  openAt({ rule, resource, origin }: Pick<Raise, 'rule' | 'resource' | 'origin'>): Incident | undefined {
    return this.#incidents.find((one) => isOpen(one) && one.rule === rule && one.resource === resource && one.origin === origin)
  }

  /** Raises a condition. The same raise counts only once. */
  raise(raise: Raise): void {
    if (this.knows(raise.id)) return
    const other = this.openAt(raise)
    if (other?.state === 'firing') {
      const { quietUntil: _, ...rest } = other
      this.#replace({ ...rest, open: [...other.open, raise.id], heardAt: this.#now() })
      this.#save()
      return
    }
    if (other) this.#drop(other) // its clear was missed: the newer raise describes the current condition
    const incident = this.#begin(raise)
    this.#incidents.push(incident)
    this.#save()
    this.#onTransition(incident, 'pending')
    this.tick()
  }

  /** Adopts an incident of an earlier process, without a transition. Does nothing if it is known. */
  adopt(incident: Incident): boolean {
    if (this.knows(incident.id) || this.openAt(incident)) return false
    this.#incidents.push(incident)
    this.#save()
    return true
  }

  /** Clears a condition. */
  clear({ rule, resource, origin, id }: Clear): void {
    const incident = this.#incidents.find(
      (one) =>
        isOpen(one) &&
        one.rule === rule &&
        (id !== undefined && !one.observed ? one.open.includes(id) : one.resource === resource && one.origin === origin),
    )
    if (!incident || incident.quietUntil !== undefined) return
    if (incident.state === 'pending') {
      this.#drop(incident)
      this.#save()
      this.#arm()
      return
    }
    const open = id === undefined || incident.observed ? [] : incident.open.filter((one) => one !== id)
    const cleared = [...(incident.cleared ?? []), ...incident.open.filter((one) => !open.includes(one))].slice(-MAX_CLEARED)
    this.#replace({ ...incident, open, cleared, ...(open.length === 0 ? { quietUntil: this.#now() + incident.settleMs } : {}) })
    this.#save()
    this.tick()
  }

  /** The condition came back before the incident resolved. */
  reaffirm(clear: Clear): void {
    const incident = this.openAt(clear)
    if (incident?.quietUntil === undefined) return
    const { quietUntil: _, ...rest } = incident
    this.#replace(rest)
    this.#save()
    this.#arm()
  }

  /** Changes an incident's record without a transition. */
  amend(id: string, change: Amendment): void {
    const incident = this.find(id)
    if (!incident) return
    const { isNews, isWithheld, ...rest } = { ...incident, ...change }
    this.#replace({ ...rest, ...(isWithheld ? { isWithheld } : {}), ...(isNews ? { isNews } : {}) })
  }

  /** Postpones firing: after a restart nothing fires before the registry has been read. */
  postpone(id: string, until: number): void {
    const incident = this.find(id)
    if (incident?.state === 'pending' && incident.dueAt < until) this.#replace({ ...incident, dueAt: until })
    this.#arm()
  }

  /** Performs every transition that is due. */
  tick(): void {
    const now = this.#now()
    for (const incident of this.#incidents.slice()) {
      if (incident.state === 'pending' && incident.dueAt <= now) this.#move({ ...incident, state: 'firing', firedAt: now }, 'firing')
      else if (incident.state === 'firing' && incident.quietUntil !== undefined && incident.quietUntil <= now)
        this.#move({ ...incident, state: 'resolved', resolvedAt: now }, 'resolved')
    }
    this.#arm()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #begin(raise: Raise): Incident {
    const { id, rule, severity, resource, origin, summary, since, delayMs, settleMs = 0, attributes = {}, holders = [], observed } = raise
    const raised = {
      id,
      rule,
      severity,
      resource,
      ...(origin === undefined ? {} : { origin }),
      summary,
      since,
      settleMs,
      attributes,
      holders,
    }
    const heardAt = this.#now()
    return {
      ...raised,
      state: 'pending',
      heardAt,
      dueAt: heardAt + delayMs,
      open: [id],
      announced: 'nothing',
      changes: [],
      ...(observed ? { observed } : {}),
    }
  }

  #move(incident: Incident, to: 'firing' | 'resolved'): void {
    this.#replace(incident)
    if (to === 'resolved') this.#forgetOld()
    this.#save()
    this.#onTransition(incident, to)
  }

  #replace(incident: Incident): void {
    const at = this.#incidents.findIndex(({ id }) => id === incident.id)
    if (at >= 0) this.#incidents[at] = incident
  }

  #drop(incident: Incident): void {
    this.#incidents.splice(this.#incidents.indexOf(incident), 1)
    this.#dropped.push(...incident.open)
    if (this.#dropped.length > MAX_CLEARED) this.#dropped.splice(0, this.#dropped.length - MAX_CLEARED)
    this.#onTransition(incident, 'dropped')
  }

  #forgetOld(): void {
    const resolved = this.#incidents.filter((incident) => !isOpen(incident) && incident.announced !== 'firing')
    for (const old of resolved.slice(0, Math.max(0, resolved.length - KEEP_RESOLVED)))
      this.#incidents.splice(this.#incidents.indexOf(old), 1)
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const times = this.#incidents.flatMap(({ state, dueAt, quietUntil }) => {
      if (state === 'pending') return [dueAt]
      return state === 'firing' && quietUntil !== undefined ? [quietUntil] : []
    })
    if (times.length > 0) this.#timer = setTimeout(() => this.tick(), Math.max(1, Math.min(...times) - this.#now())).unref()
  }
}
