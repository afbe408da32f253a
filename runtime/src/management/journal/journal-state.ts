/** What the journal of events says when it is read from its beginning: which incidents are open, who is in service, what was heard already. */
import { type EventDeclaration, events, type SpyglassEvent } from '@spyglass/agent/contract'

/** An event as the journal has it. */
export interface JournalEntry {
  /** See `positionAt`. */
  readonly position: number
  /** Name of the process that emitted it. */
  readonly source: string
  /** What its process numbered it with; see {@link JournalState.hasHeard}. */
  readonly key?: string
  readonly event: SpyglassEvent
}

/** A process is in service from now on; without `pid`, none of this name is. */
export interface ServiceRecord {
  readonly source: string
  readonly pid?: number
}

/** What a segment begins with, so that it does not need those before it. */
export interface StateRecord {
  readonly open: readonly JournalEntry[]
  readonly inService: readonly (readonly [source: string, pid: number])[]
}

/** One line of the journal. */
export type JournalRecord = { readonly entry: JournalEntry } | { readonly service: ServiceRecord } | { readonly state: StateRecord }

/** Twice what a process keeps unacknowledged. */
const MAX_HEARD = 20_000
/** Incidents that are never cleared must not fill the memory. */
const MAX_OPEN = 1000

export class JournalState {
  readonly #open = new Map<string, JournalEntry>()
  readonly #inService = new Map<string, number>()
  readonly #heard = new Set<string>()

  /** Raises that no clear has ended, oldest first. */
  get open(): readonly JournalEntry[] {
    return [...this.#open.values()]
  }

  get inService(): ReadonlyMap<string, number> {
    return this.#inService
  }

  /** Whether the event is a repeat: its process sent it before, or it began or ended the same incident before. */
  hasHeard(heard: Pick<JournalEntry, 'source' | 'event' | 'key'>): boolean {
    return keysOf(heard).some((one) => this.#heard.has(one))
  }

  apply(record: JournalRecord): void {
    if ('entry' in record) this.#hear(record.entry)
    else if ('service' in record) this.#serve(record.service)
    else this.#restore(record.state)
  }

  #hear(entry: JournalEntry): void {
    const { event } = entry
    if (!Object.hasOwn(events, event.name)) return // of a newer version
    for (const one of keysOf(entry)) this.#note(one)
    if (event.phase === 'raise') this.#open.set(openKey(event), entry)
    if (event.phase === 'clear') this.#open.delete(openKey(event))
    if (this.#open.size > MAX_OPEN) this.#forgetOne()
  }

  /** The oldest of the source that has most: one that raises without end must not push out what others have. */
  #forgetOne(): void {
    const counts = new Map<string, number>()
    for (const { source } of this.#open.values()) counts.set(source, (counts.get(source) ?? 0) + 1)
    const most = Math.max(...counts.values())
    for (const [key, { source }] of this.#open) if (counts.get(source) === most) return void this.#open.delete(key)
  }

  #note(key: string): void {
    this.#heard.add(key)
    const [oldest] = this.#heard
    if (this.#heard.size > MAX_HEARD && oldest !== undefined) this.#heard.delete(oldest)
  }

  #serve({ source, pid }: ServiceRecord): void {
    if (pid === undefined) this.#inService.delete(source)
    else this.#inService.set(source, pid)
  }

  /** Also corrects what a damaged part before it would have changed. */
  #restore({ open, inService }: StateRecord): void {
    this.#open.clear()
    this.#inService.clear()
    for (const entry of open) this.#hear(entry)
    for (const [source, pid] of inService) this.#inService.set(source, pid)
  }
}

/**
 * A note has no end by which it could be known: only its process knows whether it is the same. The source is part of each: what one tells must not make
 * a repeat of what another one has to tell.
 */
function keysOf({ source, event: { name, incidentId, phase }, key }: Pick<JournalEntry, 'source' | 'event' | 'key'>): string[] {
  const numbered = key === undefined ? [] : [`${source} ${key}`]
  return phase === 'note' ? numbered : [...numbered, `${source} ${incidentId} ${name}`]
}

function openKey({ name, incidentId }: SpyglassEvent): string {
  const { clears = name }: EventDeclaration = events[name]
  return `${incidentId} ${clears}`
}
