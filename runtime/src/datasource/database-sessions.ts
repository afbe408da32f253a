/** What a database says about its sessions. Asked over a connection of its own: of an exhausted pool none is free. */

export interface DatabaseSession {
  readonly id: number
  readonly state: string
  readonly stateMs: number
  /** As the database names it; empty when it does not wait. */
  readonly waitsFor: string
  readonly who: string
  /** As it was run. */
  readonly statement: string
  /** Sessions that it waits for. */
  readonly blockedBy: readonly number[]
}

export interface DatabaseSessions {
  /** The sessions of these numbers, and those that block them. */
  look(ids: readonly number[]): Promise<readonly DatabaseSession[]>
  /** Ends the statement that runs in a session. */
  cancel(id: number): Promise<void>
  /** How many connections the database accepts of the user of this one. */
  maxConnections(): Promise<number>
  /** Runs one statement that reads, in a transaction that is read-only, and stops at so many rows. */
  read(text: string, limits: ReadLimits): Promise<readonly Readonly<Record<string, unknown>>[]>
}

export interface ReadLimits {
  readonly rows: number
  readonly timeoutMs: number
}

/** A column; empty when it has nothing. */
export const textOf = (column: unknown): string => (typeof column === 'string' ? column : '')
