/** How a driver runs a statement: what EXPLAIN and cancellation need to know. Nothing of it leaves the process, and nothing is kept while both are off. */
import type { Child } from './child.ts'

/** A driver's own method `query` or `execute`, on its prototype: what it runs is not recorded. */
export const UNRECORDED = { query: Symbol.for('spyglass.query'), execute: Symbol.for('spyglass.execute') } as const

/** Follows the statements of drivers: EXPLAIN and cancellation. */
export interface StatementControl {
  /** A statement begins. */
  began(child: Child, run: StatementRun): void
  /** One ended that was slow. */
  slow(child: Child): void
  /** Cancels what runs among these. */
  cancel(children: readonly Child[]): void
}

export interface StatementRun {
  readonly system: 'postgresql' | 'mysql'
  /** The driver's connection. */
  readonly connection: object
  /** What the pool opens its connections with, where there is a pool that knows. */
  readonly options: object | undefined
  readonly text: string
  readonly values: unknown
  readonly isPrepared: boolean
}
