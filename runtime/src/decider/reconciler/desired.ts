/** What should run: the one input of the reconciler that people decide about. */
import type { Policy } from './policy.ts'

export interface Desired {
  readonly processes: readonly DesiredProcess[]
  readonly listeners: readonly DesiredListener[]
  /** Processes that may start at the same time. Replacements of a serving process do not count. */
  readonly parallelStarts: number
  /** The server was asked to stop: nothing is wanted, and the shorter time limits hold. */
  readonly stopping: boolean
}

export type ProcessKind = 'instance' | 'service' | 'stand-in'

/** One process to keep running. A generation is one life of it. */
export interface DesiredProcess {
  /** `shop-1`, `store` … */
  readonly name: string
  /** Processes of a group replace each other in turn. */
  readonly group: string
  readonly kind: ProcessKind
  /** What a generation is made from. A new revision is a replacement: of a reload, a deployment, a changed setting. */
  readonly revision: string
  /** Ids of the listeners that it serves. */
  readonly listeners: readonly string[]
  /** Whether two generations can run side by side. Otherwise the old one is stopped before the new one starts. */
  readonly overlaps: boolean
  /** Starts begin with the lowest stage; stops with the highest, and wait for it. */
  readonly stage: number
  readonly policy: Policy
  /** Whether it leads requests on to private addresses, which must be served for as long as it lives. */
  readonly isRouter?: boolean
}

export interface DesiredListener {
  /** Name and address: a listener that moves is a new one. */
  readonly id: string
  /** How long it may be without a ready instance before 503 is answered: by a stand-in, or by the router in front of a private address. */
  readonly standInAfterMs: number
  readonly isPrivate?: boolean
  readonly standInPolicy: Policy
}

/** The process that answers 503 on a listener without an instance. */
export const standInOf = (listener: string): string => `stand-in-${listener}`
