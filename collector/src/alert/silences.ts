/**
 * Silences: from when until when pages about what is withheld, by whom and why. They concern people: events, SNMP notifications and the
 * console show what happens all the same.
 */
import { randomUUID } from 'node:crypto'
import { fail } from './errors.ts'
import { allMatch, formatMatcher, type Labels, type Matcher, parseMatcher, whichMatch } from './matcher.ts'

export interface Silence {
  readonly id: string
  /** All of them must match. */
  readonly matchers: readonly Matcher[]
  /** Milliseconds since the epoch, like all times here. */
  readonly startsAt: number
  readonly endsAt: number
  readonly updatedAt: number
  readonly createdBy: string
  readonly comment: string
}

export type SilenceState = 'pending' | 'active' | 'expired'

export interface SilencesOptions {
  /** Part of the persistent state; replaced element by element. */
  readonly silences: Silence[]
  readonly save: () => void
  readonly now?: () => number
}

const MAX_SILENCES = 1000
const MAX_MATCHERS = 50
const MAX_COMMENT = 1000
const MAX_REMEMBERED = 1000
/** As long as Alertmanager shows one that has ended. */
const KEEP_MS = 5 * 86_400_000

export class Silences {
  readonly #silences: Silence[]
  readonly #save: () => void
  readonly #now: () => number
  /** By labels, the ids of silences whose matchers fit them. */
  readonly #fitting = new Map<string, ReadonlySet<string>>()

  constructor({ silences, save, now = Date.now }: SilencesOptions) {
    this.#silences = silences
    this.#save = save
    this.#now = now
  }

  /** All, newest first, the ended ones for five days. */
  list(): readonly (Silence & { readonly state: SilenceState })[] {
    return this.#silences.toReversed().map((silence) => ({ ...silence, state: this.#stateOf(silence) }))
  }

  /** Adds one from what a caller gives. @throws SPY_SILENCE_INVALID */
  add(given: Readonly<Record<string, unknown>>, createdBy: string): Silence {
    const now = this.#now()
    this.#forget(now)
    if (this.#silences.length >= MAX_SILENCES) throw invalid(`there are ${MAX_SILENCES} already`)
    const silence = { id: randomUUID(), updatedAt: now, ...parsed(given, createdBy, now) }
    this.#silences.push(silence)
    this.#fitting.clear()
    this.#save()
    return silence
  }

  /** Ends one now; one that has ended stays as it is. @throws SPY_SILENCE_NAME_UNKNOWN */
  expire(id: string): Silence {
    const at = this.#silences.findIndex((one) => one.id === id)
    const silence = this.#silences[at]
    if (!silence) throw fail('SPY_SILENCE_NAME_UNKNOWN', [id.slice(0, 100)])
    const now = this.#now()
    if (silence.endsAt <= now) return silence
    const ended = { ...silence, startsAt: Math.min(silence.startsAt, now), endsAt: now, updatedAt: now }
    this.#silences[at] = ended
    this.#save()
    return ended
  }

  /** Those that withhold pages with these labels now. */
  covering(labels: Labels): readonly Silence[] {
    const key = JSON.stringify(labels)
    const known = this.#fitting.get(key) ?? this.#fittingTo(labels)
    this.#fitting.set(key, known)
    return this.#silences.filter((silence) => known.has(silence.id) && this.#stateOf(silence) === 'active')
  }

  /** Labels of an incident do not change: they are compared with each silence once. */
  #fittingTo(labels: Labels): ReadonlySet<string> {
    if (this.#fitting.size >= MAX_REMEMBERED) this.#fitting.clear()
    const fits = whichMatch(
      this.#silences.map(({ matchers }) => matchers),
      labels,
    )
    return new Set(this.#silences.filter((_, i) => fits[i]).map(({ id }) => id))
  }

  /** Those about alerts with these labels, the ended ones as well: newest first. */
  about(labels: Labels): ReturnType<Silences['list']> {
    return this.list().filter(({ matchers }) => allMatch(matchers, labels))
  }

  #stateOf({ startsAt, endsAt }: Silence): SilenceState {
    const now = this.#now()
    if (endsAt <= now) return 'expired'
    return startsAt <= now ? 'active' : 'pending'
  }

  #forget(now: number): void {
    const kept = this.#silences.filter(({ endsAt }) => endsAt + KEEP_MS > now)
    this.#silences.splice(0, this.#silences.length, ...kept)
  }
}

/** What it withholds, as people write it. */
export const matchersText = ({ matchers }: Pick<Silence, 'matchers'>): string => matchers.map(formatMatcher).join(', ')

function parsed(given: Readonly<Record<string, unknown>>, createdBy: string, now: number): Omit<Silence, 'id' | 'updatedAt'> {
  const { matchers, comment } = given
  if (!Array.isArray(matchers) || matchers.length === 0 || matchers.length > MAX_MATCHERS)
    throw invalid(`matchers is a list of 1 to ${MAX_MATCHERS}`)
  const read = matchers.map(parseMatcher)
  if (allMatch(read, {})) throw invalid('its matchers would withhold every page: one of them must ask for a label')
  if (typeof comment !== 'string' || comment.trim() === '' || comment.length > MAX_COMMENT)
    throw invalid(`comment says why, in 1 to ${MAX_COMMENT} characters`)
  const startsAt = given['startsAt'] === undefined ? now : timeOf(given, 'startsAt')
  const endsAt = timeOf(given, 'endsAt')
  if (endsAt <= startsAt || endsAt <= now) throw invalid('endsAt must be later than startsAt, and not be over')
  return { matchers: read, startsAt, endsAt, createdBy: createdBy.slice(0, 200), comment }
}

function timeOf(given: Readonly<Record<string, unknown>>, name: string): number {
  const text = given[name]
  const time = typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw invalid(`${name} is a time such as 2030-01-31T18:00:00Z (RFC 3339)`)
  return time
}

const invalid = (why: string): Error => fail('SPY_SILENCE_INVALID', [why])
