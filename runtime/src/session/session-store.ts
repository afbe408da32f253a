/** What keeps the state of sessions outside the instances. */

/** A session as the store has it. Times are milliseconds since the epoch. */
export interface Stored {
  /** The state, as JSON of an object. */
  readonly text: string
  /** Grows with each change. */
  readonly version: number
  readonly createdAt: number
  /** When it expires if nothing happens. */
  readonly until: number
  /** What the last change called itself: one that comes again, since its answer was lost, is known by it. */
  readonly mark?: string
}

/** A session as the store gave it to this instance. */
export interface Lent extends Stored {
  /** Until when it may be used without asking again, by `performance.now()`. */
  readonly freshUntil: number
}

export type WriteResult =
  | { readonly is: 'written'; readonly lent: Lent }
  /** Another change came first; this is the state now. */
  | { readonly is: 'changed'; readonly lent: Lent }
  | { readonly is: 'gone' }

export interface Write {
  readonly text: string
  /** The version that the change was made from. */
  readonly version: number
  readonly until: number
}

export interface StoreFigures {
  readonly active: number | undefined
  readonly expired: number
}

/**
 * A change is compare-and-set: it counts only if nobody has changed the session since the version that it was made from. Each call ends in time;
 * one that cannot be carried out throws an error for which `isStoreDown` holds.
 */
export interface SessionStore {
  /** Undefined: there is none, or it has expired. */
  read(id: string): Promise<Lent | undefined>
  /** @throws SPY_SESSION_FULL */
  create(id: string, stored: Omit<Stored, 'version'>): Promise<Lent>
  /** @throws SPY_SESSION_FULL */
  write(id: string, write: Write): Promise<WriteResult>
  /** Lets it live longer; nothing happens if it is gone. */
  touch(id: string, until: number): Promise<void>
  /** Ends it. With a version: only if it is still that one; false if it is not. */
  remove(id: string, version?: number): Promise<boolean>
  /** Takes on new values of live settings. */
  configure(): void
  figures(): StoreFigures
  close(): void
}

/**
 * Both are called at once, in the order in which the store says so: a copy that is noted after the store has said that it is old would be used
 * wrongly.
 */
export interface StoreObserver {
  /** What the store has given, as the copy of the instance. */
  lent(id: string, lent: Lent): void
  /** The copy of that session must not be used any more; undefined: no copy must. */
  dropped(id?: string): void
}
