/** How facts change: each function takes what was known and an observation, and returns what is known now. */
import { type Actual, type Generation, type History, historyOf, noHistory, servingOf } from './actual.ts'
import type { DesiredProcess } from './desired.ts'

/** A process was started for `process`. `id` is higher than any before. */
export function started(actual: Actual, process: DesiredProcess, id: number, now: number): Actual {
  const history = historyOf(actual, process.name)
  const number = history.generations + 1
  const isRestart = history.failures > 0 && servingOf(actual, process.name) === undefined
  const generation: Generation = { id, process, number, state: 'starting', startedAt: now, hasServed: false, ownMs: 0 }
  return {
    ...withHistory(actual, process.name, { generations: number, restarts: history.restarts + (isRestart ? 1 : 0) }),
    generations: [...actual.generations, generation],
  }
}

/** It says that it serves. */
export function becameReady(actual: Actual, id: number): Actual {
  const generation = find(actual, id)
  if (generation?.state !== 'starting') return actual
  const { process } = generation
  const replaced = servingOf(actual, process.name) !== undefined || replacesStopped(actual, generation)
  const { reloads } = historyOf(actual, process.name)
  const next = withHistory(actual, process.name, { slowStarts: 0, ...(replaced ? { reloads: reloads + 1 } : {}) })
  return served(change(next, id, { state: 'ready', hasServed: true, ownMs: 0 }), process)
}

/** Where generations do not overlap, the one before was stopped for this one. */
function replacesStopped(actual: Actual, { process: { name, revision, overlaps } }: Generation): boolean {
  const { lastStopped } = historyOf(actual, name)
  return !overlaps && lastStopped !== undefined && lastStopped !== revision
}

/** It was told to finish, and is killed at `killAt`. */
export function asked(actual: Actual, id: number, killAt: number): Actual {
  const generation = find(actual, id)
  if (generation?.state === 'condemned') return actual
  return change(actual, id, { state: 'stopping', killAt: Math.min(killAt, generation?.killAt ?? killAt) })
}

/** It was killed for `verdict`; `isSlow`: its start took too long. */
export function condemned(actual: Actual, id: number, verdict: string, isSlow = false): Actual {
  const generation = find(actual, id)
  if (!generation || generation.state === 'stopping' || generation.state === 'condemned') return actual
  const { slowStarts } = historyOf(actual, generation.process.name)
  const next = isSlow ? withHistory(actual, generation.process.name, { slowStarts: slowStarts + 1 }) : actual
  return change(next, id, { state: 'condemned', verdict })
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
  readonly at: number
  /** Not even a process could be made: memory, process ids or the disk are exhausted. That says nothing about its program. */
  readonly isOutside?: boolean
}

/** Its process is gone. Not asked for, that is a failure: of the new revision if an older generation serves, else of the process. */
export function ended(actual: Actual, id: number, { reason, at, isOutside = false }: End): Actual {
  const generation = find(actual, id)
  if (!generation) return actual
  const next = { ...actual, generations: actual.generations.filter((other) => other.id !== id) }
  const { process, state } = generation
  if (state === 'stopping') return unserved(withHistory(next, process.name, { lastStopped: process.revision }), process, at)
  const why = generation.verdict ?? reason
  if (isSuccessor(next, generation)) {
    return withHistory(next, process.name, { rejected: { revision: process.revision, reason: why }, lastFailure: why })
  }
  return unserved(withHistory(next, process.name, failureOf(actual, generation, { reason: why, at, isOutside })), process, at)
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
  const { generations, restarts, reloads } = historyOf(actual, process)
  return { ...actual, histories: new Map(actual.histories).set(process, { ...noHistory, generations, restarts, reloads }) }
}

function failureOf(actual: Actual, { process, startedAt }: Generation, { reason, at, isOutside }: End): Partial<History> {
  const { failures } = historyOf(actual, process.name)
  const { healthyAfterMs, quarantineAfter } = process.policy
  const inARow = at - startedAt >= healthyAfterMs ? 1 : failures + 1
  return { failures: isOutside ? Math.min(inARow, Math.max(1, quarantineAfter - 1)) : inARow, failedAt: at, lastFailure: reason }
}

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
