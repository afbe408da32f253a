/**
 * Which instances may have a copy of which session. A change is acknowledged when every other copy has been dropped, or its time is over: after
 * that no instance answers from an older state.
 */
import type { Clock } from '../clock/index.ts'

/** An instance that copies are lent to. */
export interface Holder {
  /** Tells it that its copy is old; it confirms the change by its number. */
  tellOld(session: string, change: number): void
}

/** Stands for holders of copies from the process before, which cannot be told. */
const forgotten: Holder = { tellOld: () => {} }

interface Pending {
  readonly holder: Holder
  readonly over: () => void
}

export class Leases {
  readonly #clock: Clock
  /** By session; when each holder's copy ends. */
  readonly #leases = new Map<string, Map<Holder, number>>()
  readonly #pending = new Map<number, Pending>()
  #changes = 0

  readonly #unknownUntil: number

  /** `unknownUntil`: until then there may be copies that the process before has lent. */
  constructor(clock: Clock, unknownUntil = 0) {
    this.#clock = clock
    this.#unknownUntil = unknownUntil
  }

  get size(): number {
    return this.#leases.size
  }

  grant(session: string, holder: Holder, forMs: number): void {
    if (forMs <= 0) return
    const holders = this.#leases.get(session) ?? new Map<Holder, number>()
    holders.set(holder, this.#clock.now() + forMs)
    this.#leases.set(session, holders)
  }

  /** Whether its copy is the newest. */
  has(session: string, holder: Holder): boolean {
    return this.#leases.get(session)?.has(holder) === true
  }

  /** Calls `done` when no other holder has a copy: at once if there is none. The changing one gets a lease of the new state for `forMs`. */
  revoke(session: string, except: Holder, done: () => void, forMs: number): void {
    const now = this.#clock.now()
    const others = [...(this.#leases.get(session) ?? [])].filter(([holder, until]) => holder !== except && until > now)
    this.#leases.delete(session)
    this.grant(session, except, forMs)
    if (now < this.#unknownUntil) others.push([forgotten, this.#unknownUntil])
    if (others.length === 0) return done()
    let open = others.length
    for (const [holder, until] of others) this.#tell(session, { holder, until }, () => --open === 0 && done())
  }

  confirmed(change: number): void {
    this.#pending.get(change)?.over()
  }

  /** It has dropped all its copies: its connection is closed. */
  gone(holder: Holder): void {
    for (const pending of this.#pending.values()) if (pending.holder === holder) pending.over()
    for (const holders of this.#leases.values()) holders.delete(holder)
  }

  /** Forgets what is over. */
  sweep(): void {
    const now = this.#clock.now()
    for (const [session, holders] of this.#leases) {
      for (const [holder, until] of holders) if (until <= now) holders.delete(holder)
      if (holders.size === 0) this.#leases.delete(session)
    }
  }

  #tell(session: string, { holder, until }: { readonly holder: Holder; readonly until: number }, done: () => void): void {
    const change = ++this.#changes
    const stop = this.#clock.after(Math.max(1, until - this.#clock.now()), () => over())
    const over = (): void => {
      if (!this.#pending.delete(change)) return
      stop()
      done()
    }
    this.#pending.set(change, { holder, over })
    holder.tellOld(session, change)
  }
}
