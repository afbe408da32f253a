import type { CallSite } from '@spyglass/agent'
import type { Borrow } from './borrow.ts'

/** What lends connections: a pool, or several of which each borrow gets one. What applications get of a driver is made over it. */
export interface Lending {
  readonly settings: { readonly name: string }
  /** Open connections, and those that are being opened. */
  readonly size: number
  readonly idle: number
  readonly waiting: number
  readonly borrows: ReadonlyMap<number, Borrow>
  /** `text` is the one statement that it is borrowed for, if there is only one. */
  lend(site: CallSite, lasting: boolean, text?: string): Borrow | Promise<Borrow>
  return(borrow: Borrow): void
  /** Watches commits; missing where nothing is made of those whose outcome is unknown. */
  readonly commits?: CommitErrors | undefined
}

export interface CommitErrors {
  /** The error that an application gets for one of its statement. */
  errorOf(error: unknown, text: string, isInTransaction: boolean): unknown
}
