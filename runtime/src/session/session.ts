/** The session of one request: what the application reads and changes, and how that reaches the store. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { SessionConfig } from '@spyglass/process/checked-config'
import { conflict, fail, SessionError } from './errors.ts'
import type { SessionFigures } from './session-figures.ts'
import { newSessionId } from './session-id.ts'
import type { Lent, SessionStore, WriteResult } from './session-store.ts'
import { isSameState, merged, parseState, type State, textOfValues, type Values, valuesOf } from './state.ts'

/** What the sessions of one name have in common. */
export interface SessionParts {
  readonly config: () => SessionConfig
  readonly store: SessionStore
  readonly figures: SessionFigures
  /** The copy of the instance lives longer. */
  readonly extended: (id: string, until: number) => void
  readonly now: () => number
}

/** Another request has come first each time: somebody changes the session without pause. */
const MAX_ATTEMPTS = 50
/** A session is extended when a tenth of its time has passed, or after a minute. */
const EXTEND_MS = 60_000
const SERVER_FAULT = 500

/** Also under the name `__proto__`, which an assignment would take for something else. */
function put(state: State, name: string, value: unknown): void {
  Object.defineProperty(state, name, { value, enumerable: true, configurable: true, writable: true })
}

/** The session of a visitor. It is stored when something is put into `data`, before the response ends. */
export class Session {
  /** Whether there is one: false when the store is down and `whenDown` is open, or when the cookie may not be sent over http. What is put into it is not kept. */
  readonly isAvailable: boolean
  readonly #parts: SessionParts
  #id: string | undefined
  #lent: Lent | undefined
  #state: State | undefined
  #reserved: string | undefined
  #briefMs = Number.POSITIVE_INFINITY
  #turn: Promise<void> = Promise.resolve()
  #running = 0

  constructor(parts: SessionParts, found?: { readonly id: string; readonly lent: Lent }, isAvailable = true) {
    this.#parts = parts
    this.#id = found?.id
    this.#lent = found?.lent
    this.isAvailable = isAvailable
  }

  /** Undefined until it is stored. It changes with {@link regenerate}. */
  get id(): string | undefined {
    return this.#id
  }

  /** Whether it is not in the store. */
  get isNew(): boolean {
    return this.#lent === undefined
  }

  /** Values by name; what JSON can hold. Change it as you like. */
  get data(): State {
    return (this.#state ??= parseState(this.#lent?.text ?? '{}'))
  }

  /** Whether what it holds is not what the store has. */
  get isChanged(): boolean {
    if (this.#state === undefined || !this.isAvailable) return false
    try {
      return textOfValues(valuesOf(this.#state)) !== (this.#lent?.text ?? '{}')
    } catch {
      return true // it is no JSON: storing it says so
    }
  }

  /** Whether it is being stored or ended. */
  get isBusy(): boolean {
    return this.#running > 0
  }

  get isReserved(): boolean {
    return this.#reserved !== undefined
  }

  /** The id that it will be stored under, for a head that is written before. */
  reserveId(): string {
    return (this.#reserved ??= newSessionId())
  }

  /** What this request stores expires after so long, unless another request comes: a browser may never come back with its cookie. */
  expireAfter(ms: number): void {
    this.#briefMs = ms
  }

  /** It has been used: it lives longer, unless it is new. */
  extend(): undefined {
    if (this.#lent) this.#extend(this.#lent)
  }

  /**
   * Stores the changes now; otherwise that is done before the response ends.
   * @throws SPY_SESSION_CONFLICT, SPY_SESSION_ENDED, SPY_SESSION_TOO_LARGE, SPY_SESSION_FULL, SPY_SESSION_STORE_SILENT, SPY_SESSION_STORE_FAILED
   */
  async save(): Promise<void> {
    await this.#inTurn(() => this.#save())
  }

  /**
   * Changes the newest state, whatever other requests do: `change` is called again if one of them came first.
   *
   * @example
   * await session.update((data) => { data.visits = (data.visits ?? 0) + 1 })
   */
  async update(change: (data: State) => void): Promise<void> {
    await this.#inTurn(() => this.#update(change))
  }

  /** Gives the session another id and ends the old one. Call it when somebody signs in: an id that was planted before is worth nothing then. */
  async regenerate(): Promise<void> {
    await this.#inTurn(() => this.#regenerate())
  }

  /** Ends the session, in all instances, and removes its cookie. */
  async destroy(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#id !== undefined && this.#lent) {
        await this.#parts.store.remove(this.#id)
        this.#parts.figures.ended++
      }
      this.#id = undefined
      this.#lent = undefined
      this.#state = {}
    })
  }

  async #inTurn(act: () => Promise<void>): Promise<void> {
    if (!this.isAvailable) return
    this.#running++
    const turn = this.#turn.then(act).finally(() => this.#running--)
    this.#turn = turn.catch(() => {}) // who asked for it is told
    await turn
  }

  async #save(): Promise<void> {
    const lent = this.#lent
    if (lent && this.#state === undefined) return this.#extend(lent)
    const mine = this.#values()
    if (!lent || this.#id === undefined) return mine.size === 0 ? undefined : this.#begin(textOfValues(mine))
    if (textOfValues(mine) === lent.text) return this.#extend(lent)
    const base = valuesOf(parseState(lent.text))
    if (isSameState(base, mine)) return this.#extend(lent)
    await this.#write(lent, (newest) => this.#joined(base, mine, newest))
  }

  /** The newest state with what this request has changed. */
  #joined(base: Values, mine: Values, newest: Lent): string {
    const { values, conflicts } = merged(base, mine, valuesOf(parseState(newest.text)))
    if (conflicts.length > 0) throw this.#conflicting(conflicts)
    return textOfValues(values)
  }

  async #update(change: (data: State) => void): Promise<void> {
    if (this.isChanged) await this.#save()
    const lent = this.#lent
    if (!lent) {
      change(this.data)
      return this.#save()
    }
    await this.#write(lent, (newest) => {
      const state = parseState(newest.text)
      change(state)
      return textOfValues(this.#jsonOf(state))
    })
  }

  /** Stores what is made of the newest state, until no other request comes first. */
  async #write(lent: Lent, textFrom: (newest: Lent) => string): Promise<void> {
    const id = this.#id!
    let newest = lent
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const text = this.#fitting(textFrom(newest))
      const { version, createdAt } = newest
      const change = { text, version, until: this.#until(createdAt) }
      const result: WriteResult = await this.#parts.store.write(id, change).catch((error: unknown) => this.#refused(error))
      if (result.is === 'gone') throw conflict('SPY_SESSION_ENDED', [this.#name])
      if (result.is === 'written') return this.#took(result.lent)
      newest = result.lent
    }
    throw this.#conflicting(['everything'])
  }

  async #begin(text: string): Promise<void> {
    const createdAt = this.#parts.now()
    const id = this.reserveId()
    const stored = { text: this.#fitting(text), createdAt, until: this.#until(createdAt) }
    const lent = await this.#parts.store.create(id, stored).catch((error: unknown) => this.#refused(error))
    this.#parts.figures.created++
    this.#reserved = undefined
    this.#id = id
    this.#took(lent)
  }

  #refused(error: unknown): never {
    if (codeOf(error) === 'SPY_SESSION_FULL') this.#parts.figures.refused++
    throw error
  }

  /**
   * The new one is there before the old one ends, so that a store that fails in between loses nothing. The old one never gets what this request has
   * changed: who has planted its id would have it as well.
   */
  async #regenerate(): Promise<void> {
    const [old, lent] = [this.#id, this.#lent]
    if (old === undefined || !lent) return
    const [base, mine] = [valuesOf(parseState(lent.text)), this.#values()]
    let newest = lent
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      await this.#begin(this.#joined(base, mine, newest))
      if (await this.#parts.store.remove(old, newest.version)) {
        this.#parts.figures.ended++
        return
      }
      newest = await this.#returnTo(old)
    }
    throw this.#conflicting(['everything'])
  }

  /** Another request has changed the old session meanwhile. */
  async #returnTo(old: string): Promise<Lent> {
    const made = this.#id
    this.#id = old // first: whatever fails, the browser must not get the id that is removed
    if (made !== undefined) await this.#parts.store.remove(made)
    const lent = await this.#parts.store.read(old)
    if (!lent) throw conflict('SPY_SESSION_ENDED', [this.#name])
    this.#took(lent)
    return lent
  }

  /** Nobody waits for it: what is lost if it fails is a part of the time that is left. */
  #extend({ createdAt, until }: Lent): void {
    const { config, store, now, extended, figures } = this.#parts
    const { rolling, idleMs } = config()
    const longest = this.#until(createdAt)
    if (!rolling || longest - until < Math.min(EXTEND_MS, idleMs / 10) || until <= now()) return
    const id = this.#id!
    extended(id, longest)
    store.touch(id, longest).catch((error: unknown) => figures.failed(error))
  }

  #took(lent: Lent): void {
    this.#lent = lent
    if (this.#state === undefined) return
    const wanted = parseState(lent.text)
    for (const name of Object.keys(this.#state)) if (!Object.hasOwn(wanted, name)) delete this.#state[name]
    const present = valuesOf(this.#state)
    for (const [name, json] of valuesOf(wanted)) if (present.get(name) !== json) put(this.#state, name, wanted[name])
  }

  #values(): ReadonlyMap<string, string> {
    return this.#state === undefined ? valuesOf(parseState(this.#lent?.text ?? '{}')) : this.#jsonOf(this.#state)
  }

  #jsonOf(state: State): ReadonlyMap<string, string> {
    try {
      return valuesOf(state)
    } catch (error) {
      throw fail('SPY_SESSION_NO_JSON', [this.#name, messageOf(error)], error)
    }
  }

  #fitting(text: string): string {
    const bytes = Buffer.byteLength(text)
    const { maxBytes } = this.#parts.config()
    if (bytes <= maxBytes) return text
    this.#parts.figures.refused++
    throw new SessionError('SPY_SESSION_TOO_LARGE', [this.#name, bytes, maxBytes], SERVER_FAULT)
  }

  #until(createdAt: number): number {
    const { idleMs, lifetimeMs } = this.#parts.config()
    return Math.min(this.#parts.now() + Math.min(idleMs, this.#briefMs), createdAt + lifetimeMs)
  }

  #conflicting(values: readonly string[]): SessionError {
    this.#parts.figures.conflicts++
    return conflict('SPY_SESSION_CONFLICT', [this.#name, values.join(', ')])
  }

  get #name(): string {
    return this.#parts.config().name
  }
}
