/** How facts change: each function takes what was known and an observation, and returns what is known now. */
import {
  type Actual,
  type FailureKind,
  type Generation,
  type History,
  historyOf,
  noHistory,
  servingOf,
  type WaitingApplication,
} from './actual.ts'
import type { FailedApplication } from '@spyglass/process/keeper-link'
import type { DesiredProcess } from './desired.ts'

/** A process was started for `process`. `id` is higher than any before. */
export function started(actual: Actual, process: DesiredProcess, id: number, now: number): Actual {
  const history = historyOf(actual, process.name)
  const number = history.generations + 1
  const serving = servingOf(actual, process.name)
  const isRestart = history.failures > 0 && serving === undefined
  const generation: Generation = { id, process, number, state: 'starting', startedAt: now, hasServed: false, ownMs: 0 }
  return {
    ...withHistory(actual, process.name, {
      generations: number,
      restarts: history.restarts + (isRestart ? 1 : 0),
      ...(isSameRevision(serving, process) || serving?.unhealthy !== undefined ? replacing(history, now) : {}),
    }),
    generations: [...actual.generations, generation],
  }
}

/** A successor of the same revision is started for the sake of health; so is any successor of a generation that is unhealthy. */
const isSameRevision = (serving: Generation | undefined, { revision }: DesiredProcess): boolean => serving?.process.revision === revision

const replacing = ({ unhealthyInARow, replacements }: History, now: number): Partial<History> => ({
  replacements: replacements + 1,
  unhealthyInARow: unhealthyInARow + 1,
  replacedAt: now,
})

/** It says that it serves. */
export function becameReady(actual: Actual, id: number): Actual {
  const generation = find(actual, id)
  if (generation?.state !== 'starting') return actual
  const { process } = generation
  const before = servingOf(actual, process.name)
  const replaced = (before !== undefined && !isSameRevision(before, process)) || replacesStopped(actual, generation)
  const { reloads, rejected, ...history } = withoutFailureOfOther(historyOf(actual, process.name), process)
  const isStillRejected = rejected !== undefined && rejected.revision !== process.revision
  const now: History = { ...history, slowStarts: 0, reloads: reloads + (replaced ? 1 : 0), ...(isStillRejected ? { rejected } : {}) }
  const next = { ...actual, histories: new Map(actual.histories).set(process.name, now) }
  return served(change(next, id, { state: 'ready', hasServed: true, ownMs: 0 }), process)
}

/** How an earlier revision failed is past when another one serves; of the same revision it stays known. */
function withoutFailureOfOther(history: History, { revision }: DesiredProcess): History {
  const { lastFailure: _failure, lastFailureKind: _kind, failedRevision, ...rest } = history
  return failedRevision === undefined || failedRevision === revision ? history : rest
}

/** Where generations do not overlap, the one before was stopped for this one. */
function replacesStopped(actual: Actual, { process: { name, revision, overlaps } }: Generation): boolean {
  const { lastStopped } = historyOf(actual, name)
  return !overlaps && lastStopped !== undefined && lastStopped !== revision
}

/**
 * Some of its applications failed to start. If they run in the generation in service it may not take over, which counts against its revision, as with one
 * that fails as a whole. An application that is new does not run there either, and is no exception: what was asked for has failed.
 */
export function startedPartly(actual: Actual, id: number, failed: readonly FailedApplication[]): Actual {
  const generation = find(actual, id)
  if (generation?.state !== 'starting') return actual
  const { process } = generation
  const serving = servingOf(actual, process.name)
  const before = new Set(serving?.failed?.map(({ application }) => application))
  const news = failed.filter(({ application }) => !before.has(application))
  if (!serving || news.length === 0) return change(actual, id, { failed })
  const refusal = news.map(({ message }) => message).join('; ')
  const rejected = isSameRevision(serving, process) ? {} : { rejected: { revision: process.revision, reason: refusal } }
  return change(withHistory(actual, process.name, { ...failing(refusal, 'start', process), ...rejected }), id, { failed, refusal })
}

/** One of its programs has run, and does not listen. */
export function beganWaiting(actual: Actual, id: number, waiting: WaitingApplication): Actual {
  const generation = find(actual, id)
  if (generation?.state !== 'starting') return actual
  return change(actual, id, { waiting: [...(generation.waiting ?? []), waiting] })
}

/** Its health checks fail. One that was healthy for long enough begins a new series of replacements. */
export function becameUnhealthy(actual: Actual, id: number, reason: string, now: number): Actual {
  const generation = find(actual, id)
  if (generation?.state !== 'ready') return actual
  const { process, startedAt } = generation
  const isNewSeries = now - startedAt >= process.policy.healthyAfterMs + process.policy.healthDelayMs
  const next = withHistory(actual, process.name, {
    ...failing(`unhealthy: ${reason}`, 'unhealthy', process),
    ...(isNewSeries ? { unhealthyInARow: 0 } : {}),
  })
  return change(next, id, { unhealthy: reason })
}

/** Its health checks pass again. */
export function becameHealthy(actual: Actual, id: number): Actual {
  return {
    ...actual,
    generations: actual.generations.map(({ unhealthy, ...generation }) =>
      generation.id === id || unhealthy === undefined ? generation : { ...generation, unhealthy },
    ),
  }
}

/** It was told to finish, and is killed at `killAt`. */
export function asked(actual: Actual, id: number, killAt: number): Actual {
  const generation = find(actual, id)
  if (generation?.state === 'condemned') return actual
  return change(actual, id, { state: 'stopping', killAt: Math.min(killAt, generation?.killAt ?? killAt) })
}

export interface Verdict {
  readonly text: string
  /** Its start took too long. */
  readonly isSlow?: boolean
  /** Its last sign of life. Default: its end. */
  readonly aliveUntil?: number
}

/** It was killed for its verdict. */
export function condemned(actual: Actual, id: number, { text, isSlow = false, aliveUntil }: Verdict): Actual {
  const generation = find(actual, id)
  if (!generation || generation.state === 'stopping' || generation.state === 'condemned') return actual
  const { slowStarts } = historyOf(actual, generation.process.name)
  const next = isSlow ? withHistory(actual, generation.process.name, { slowStarts: slowStarts + 1 }) : actual
  return change(next, id, { state: 'condemned', verdict: text, ...(aliveUntil === undefined ? {} : { aliveUntil }) })
}

/** More is known of why it was condemned. */
export function described(actual: Actual, id: number, verdict: string): Actual {
  return find(actual, id)?.state === 'condemned' ? change(actual, id, { verdict }) : actual
}

/** It did not stop in time and was killed; its end stays one that was asked for. */
export function killed(actual: Actual, id: number): Actual {
  return change(actual, id, { isKilled: true })
}

/** Own time was measured: since its start, or since its last sign of life. */
export function observed(actual: Actual, id: number, ownMs: number): Actual {
  const generation = find(actual, id)
  return generation && generation.ownMs !== ownMs ? change(actual, id, { ownMs }) : actual
}

export interface End {
  readonly reason: string
  /** Default: `exit`. */
  readonly kind?: FailureKind
  readonly at: number
  /** Not even a process could be made: memory, process ids or the disk are exhausted. That says nothing about its program. */
  readonly isOutside?: boolean
}

/** Its process is gone. Not asked for, that is a failure: of the new revision if an older generation serves, else of the process. */
export function ended(actual: Actual, id: number, { reason, kind = 'exit', at, isOutside = false }: End): Actual {
  const generation = find(actual, id)
  if (!generation) return actual
  const next = { ...actual, generations: actual.generations.filter((other) => other.id !== id) }
  const { process, state } = generation
  if (state === 'stopping') return unserved(withHistory(next, process.name, { lastStopped: process.revision }), process, at)
  const why = generation.verdict ?? reason
  if (isSuccessor(next, generation)) {
    if (isSameRevision(servingOf(next, process.name), process)) return withHistory(next, process.name, failing(why, kind, process))
    return withHistory(next, process.name, { rejected: { revision: process.revision, reason: why }, ...failing(why, kind, process) })
  }
  return unserved(withHistory(next, process.name, failureOf(actual, generation, { reason: why, kind, at, isOutside })), process, at)
}

export function opened(actual: Actual, listener: string): Actual {
  const closedListeners = new Map(actual.closedListeners)
  closedListeners.delete(listener)
  return { ...actual, closedListeners, listeners: [...actual.listeners.filter(({ id }) => id !== listener), { id: listener }] }
}

export function notOpened(actual: Actual, listener: string, now: number): Actual {
  const failures = (actual.closedListeners.get(listener)?.failures ?? 0) + 1
  return { ...actual, closedListeners: new Map(actual.closedListeners).set(listener, { failures, failedAt: now }) }
}

export function closed(actual: Actual, listener: string): Actual {
  return { ...actual, listeners: actual.listeners.filter(({ id }) => id !== listener) }
}

/** An operator asks for another try: failures and rejections of the process are forgotten. */
export function pardoned(actual: Actual, process: string): Actual {
  const { generations, restarts, reloads, replacements } = historyOf(actual, process)
  return { ...actual, histories: new Map(actual.histories).set(process, { ...noHistory, generations, restarts, reloads, replacements }) }
}

/** The time in which it hung, until that was noticed, is no healthy life. */
function failureOf(
  actual: Actual,
  { process, startedAt, aliveUntil }: Generation,
  { reason, kind = 'exit', at, isOutside }: End,
): Partial<History> {
  const { failures } = historyOf(actual, process.name)
  const { healthyAfterMs, quarantineAfter } = process.policy
  const inARow = (aliveUntil ?? at) - startedAt >= healthyAfterMs ? 1 : failures + 1
  return {
    failures: isOutside ? Math.min(inARow, Math.max(1, quarantineAfter - 1)) : inARow,
    failedAt: at,
    ...failing(reason, kind, process),
  }
}

const failing = (lastFailure: string, lastFailureKind: FailureKind, { revision }: Pick<DesiredProcess, 'revision'>): Partial<History> => ({
  lastFailure,
  lastFailureKind,
  failedRevision: revision,
})

const isSuccessor = (actual: Actual, { process, hasServed }: Generation): boolean =>
  !hasServed && servingOf(actual, process.name) !== undefined

const find = (actual: Actual, id: number): Generation | undefined => actual.generations.find((generation) => generation.id === id)

function change(actual: Actual, id: number, values: Partial<Generation>): Actual {
  return {
    ...actual,
    generations: actual.generations.map((generation) => (generation.id === id ? { ...generation, ...values } : generation)),
  }
}

function withHistory(actual: Actual, process: string, values: Partial<History>): Actual {
  return { ...actual, histories: new Map(actual.histories).set(process, { ...historyOf(actual, process), ...values }) }
}

/** Instances decide whether a listener is served; a stand-in does not. */
function unserved(actual: Actual, { kind, listeners }: DesiredProcess, now: number): Actual {
  if (kind !== 'instance') return actual
  const serves = (id: string): boolean =>
    actual.generations.some(({ state, process }) => state === 'ready' && process.kind === 'instance' && process.listeners.includes(id))
  return {
    ...actual,
    listeners: actual.listeners.map((listener) =>
      listeners.includes(listener.id) && !serves(listener.id) ? { ...listener, unservedSince: listener.unservedSince ?? now } : listener,
    ),
  }
}

function served(actual: Actual, { kind, listeners }: DesiredProcess): Actual {
  if (kind !== 'instance') return actual
  return { ...actual, listeners: actual.listeners.map((listener) => (listeners.includes(listener.id) ? { id: listener.id } : listener)) }
}
