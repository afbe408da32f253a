/** What runs, and what became of what ran: facts, updated by transitions.ts. */
import type { FailedApplication } from '@spyglass/process/keeper-link'
import type { DesiredProcess } from './desired.ts'

export interface Actual {
  /** Processes that live, in the order of their start. */
  readonly generations: readonly Generation[]
  /** By name of the process. */
  readonly histories: ReadonlyMap<string, History>
  readonly listeners: readonly OpenListener[]
  /** Listeners that could not be opened, until they are. */
  readonly closedListeners: ReadonlyMap<string, { readonly failures: number; readonly failedAt: number }>
}

export const nothing: Actual = { generations: [], histories: new Map(), listeners: [], closedListeners: new Map() }

/** `stopping`: it was asked to finish. `condemned`: it was killed, and its end counts as a failure. */
export type GenerationState = 'starting' | 'ready' | 'stopping' | 'condemned'

export interface Generation {
  /** Never used again; a later start has a higher one. */
  readonly id: number
  /** What it was started for. */
  readonly process: DesiredProcess
  /** Number among the generations of its process, from 1. */
  readonly number: number
  readonly state: GenerationState
  readonly startedAt: number
  /** Whether it was ready at some time. */
  readonly hasServed: boolean
  /** Own time since its start, or since its last sign of life once it is ready. */
  readonly ownMs: number
  /** When it is killed if it has not stopped. */
  readonly killAt?: number
  /** It was killed; its end will be reported. */
  readonly isKilled?: boolean
  /** Why it was condemned. */
  readonly verdict?: string
  /** Its last sign of life, if it was condemned for having given none since. */
  readonly aliveUntil?: number
  /** Those of its applications that failed to start, though others did. */
  readonly failed?: readonly FailedApplication[]
  /** Why it may not take over from the one in service, which runs what it does not. */
  readonly refusal?: string
  /** Those of its programs that have run, and neither listen yet nor have failed. */
  readonly waiting?: readonly WaitingApplication[]
  /** Why its health checks fail. It goes on serving until a successor is ready. */
  readonly unhealthy?: string
}

/** A program that has run without a server. */
export interface WaitingApplication {
  readonly application: string
  /** How long its start may take. */
  readonly timeoutMs: number
}

export interface History {
  /** Generations started. */
  readonly generations: number
  /** Starts after an unexpected end. */
  readonly restarts: number
  /** Replacements that took over. */
  readonly reloads: number
  /** Unexpected ends in a row. */
  readonly failures: number
  /** When the last of them happened. */
  readonly failedAt: number
  /** Successors in a row that were started because of failing health checks. */
  readonly unhealthyInARow: number
  /** When the last of them was started. */
  readonly replacedAt: number
  /** All of them. */
  readonly replacements: number
  /** Starts in a row that were given up for slowness. */
  readonly slowStarts: number
  readonly lastFailure?: string
  readonly lastFailureKind?: FailureKind
  /** Revision of the generation that failed last. */
  readonly failedRevision?: string
  /** Revision of the generation that stopped last when asked. */
  readonly lastStopped?: string
  /** A revision that failed while an older one served: it is not tried again. */
  readonly rejected?: { readonly revision: string; readonly reason: string }
}

/** `start`: it did not become ready; `exit`, `signal`: it ended by itself or was killed by others; `hang`, `outOfMemory`, `unhealthy`: as they say. */
export type FailureKind = 'start' | 'exit' | 'signal' | 'outOfMemory' | 'hang' | 'unhealthy'

export const noHistory: History = {
  generations: 0,
  restarts: 0,
  reloads: 0,
  failures: 0,
  failedAt: 0,
  unhealthyInARow: 0,
  replacedAt: 0,
  replacements: 0,
  slowStarts: 0,
}

export interface OpenListener {
  readonly id: string
  /** Since when no instance has served it, after one did or should have. */
  readonly unservedSince?: number
}

export const historyOf = (actual: Actual, process: string): History => actual.histories.get(process) ?? noHistory

/** The generation in service: the newest that is ready. */
export function servingOf(actual: Actual, process: string): Generation | undefined {
  return actual.generations.findLast((generation) => generation.process.name === process && generation.state === 'ready')
}

export const generationsOf = (actual: Actual, process: string): readonly Generation[] =>
  actual.generations.filter((generation) => generation.process.name === process)
