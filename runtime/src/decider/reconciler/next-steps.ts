/**
 * The reconciler: compares what should run with what runs and says what to do next. Pure: no clock, no process, no memory of its own. It is
 * asked again whenever something has happened, and at the moment its last step names. Read desired.ts and actual.ts first; transitions.ts
 * has what becomes of the facts.
 */
import { type Actual, type Generation, generationsOf, historyOf, servingOf } from './actual.ts'
import { type Desired, type DesiredListener, type DesiredProcess, standInOf } from './desired.ts'
import { backOffMs, startPatienceMs } from './policy.ts'
import { at, type Look, nothingToDo, type Step, step, together } from './step.ts'

/** Time after its deadline in which a process that was asked to stop may still exit by itself. */
const GRACE_MS = 500
/** A start that takes longer no longer holds up others. */
const LONG_START_MS = 5000
const STAND_IN_STOP_MS = 1000
/** Beyond all others. */
const STAND_IN_STAGE = 1000

/** The steps to take now. The last one may be `wait`. */
export function nextSteps(desired: Desired, actual: Actual, now: number): readonly Step[] {
  const wanted = wantedOf(desired, actual, now)
  const { steps, moments } = together([
    listeners(desired, actual, now),
    ...actual.generations.map((generation) => judgement(generation, actual, now)),
    retirements(desired, wanted.processes, actual, now),
    starts({ ...desired, processes: wanted.processes }, actual, now),
    { steps: [], moments: wanted.moments },
  ])
  const due = moments.filter((moment) => moment > now)
  return due.length === 0 ? steps : [...steps, { do: 'wait', until: Math.min(...due) }]
}

/** A server that stops wants nothing; otherwise a listener that has been without an instance for too long wants a stand-in. */
function wantedOf(desired: Desired, actual: Actual, now: number): { processes: readonly DesiredProcess[]; moments: readonly number[] } {
  if (desired.stopping) return { processes: [], moments: [] }
  const standIns: DesiredProcess[] = []
  const moments: number[] = []
  for (const listener of desired.listeners) {
    const since = actual.listeners.find(({ id }) => id === listener.id)?.unservedSince
    if (since === undefined) continue
    if (now < since + listener.standInAfterMs) moments.push(since + listener.standInAfterMs)
    else if (!listener.isPrivate) standIns.push(standInFor(listener))
  }
  return { processes: [...desired.processes, ...standIns], moments }
}

function standInFor({ id, standInPolicy: policy }: DesiredListener): DesiredProcess {
  const name = standInOf(id)
  return { name, group: name, kind: 'stand-in', revision: '', listeners: [id], overlaps: true, stage: STAND_IN_STAGE, policy }
}

function listeners(desired: Desired, actual: Actual, now: number): Look {
  const wanted = desired.stopping ? [] : desired.listeners.map(({ id }) => id)
  const open = actual.listeners.map(({ id }) => id)
  const inUse = new Set(actual.generations.flatMap(({ process }) => process.listeners))
  return together([
    ...wanted.filter((id) => !open.includes(id)).map((id) => opening(id, actual, now)),
    step(...open.filter((id) => !wanted.includes(id) && !inUse.has(id)).map((id): Step => ({ do: 'close', listener: id }))),
  ])
}

function opening(listener: string, actual: Actual, now: number): Look {
  const failure = actual.closedListeners.get(listener)
  const due = failure === undefined ? now : failure.failedAt + Math.min(1000 * failure.failures, 10_000)
  return now >= due ? step({ do: 'open', listener }) : at(due)
}

/** Whether a process has had its time. */
function judgement({ id, state, process, ownMs, killAt, isKilled }: Generation, actual: Actual, now: number): Look {
  if (state === 'starting' && ownMs >= startPatienceMs(process.policy, historyOf(actual, process.name).slowStarts)) {
    return step({ do: 'kill', generation: id, why: 'slow' })
  }
  if (state === 'ready' && ownMs >= process.policy.hangPatienceMs) return step({ do: 'kill', generation: id, why: 'hung' })
  if (state !== 'stopping' || killAt === undefined || isKilled) return nothingToDo
  return now >= killAt ? step({ do: 'kill', generation: id, why: 'late' }) : at(killAt)
}

/** Generations that nobody wants any more. */
function retirements(desired: Desired, wanted: readonly DesiredProcess[], actual: Actual, now: number): Look {
  const byName = new Map(wanted.map((process) => [process.name, process]))
  const unwanted = actual.generations.filter(
    (generation) => !isWanted(generation, byName.get(generation.process.name), actual) && !isHeld(generation, { desired, byName, actual }),
  )
  const orphaned = unwanted.filter(({ process }) => !byName.has(process.name))
  const highest = Math.max(...orphaned.map(({ process }) => process.stage))
  const due = unwanted.filter(({ process }) => byName.has(process.name) || process.stage === highest)
  return step(...due.flatMap((generation) => stopping(desired, generation, now)))
}

/** The stop of a server shortens a drain that has begun before. */
function stopping({ stopping: isStop }: Desired, { id, state, process, killAt = Infinity }: Generation, now: number): readonly Step[] {
  const { stopMs, drainMs, closeMs } = process.policy
  const deadlineMs = process.kind === 'stand-in' ? STAND_IN_STOP_MS : (isStop ? stopMs : drainMs) + closeMs
  const isEarlier = state === 'stopping' ? now + deadlineMs + GRACE_MS < killAt : state !== 'condemned'
  return isEarlier ? [{ do: 'stop', generation: id, deadlineMs }] : []
}

/** When a process that is asked now is killed at the latest. */
export const killTime = (now: number, deadlineMs: number): number => now + deadlineMs + GRACE_MS

function isWanted(generation: Generation, wanted: DesiredProcess | undefined, actual: Actual): boolean {
  if (!wanted) return false
  const serving = servingOf(actual, wanted.name)
  if (generation.id === serving?.id)
    return wanted.overlaps || generation.process.revision === wanted.revision || !mayReplace(wanted, actual)
  if (serving && (generation.id < serving.id || generation.refusal !== undefined)) return false
  return generation.process.revision === wanted.revision
}

interface Holding {
  readonly desired: Desired
  readonly byName: ReadonlyMap<string, DesiredProcess>
  readonly actual: Actual
}

/**
 * Whether a generation serves on, though another one should: a listener is left only when somebody else serves it, a private address behind a router only
 * when no router leads there any more. What is not wanted at all waits for a successor that has not failed yet.
 */
function isHeld({ id, state, process }: Generation, { desired, byName, actual }: Holding): boolean {
  const wanted = byName.get(process.name)
  if (state !== 'ready' || !process.overlaps || desired.stopping) return false
  const left = process.listeners.filter((listener) => !wanted?.listeners.includes(listener))
  const others = actual.generations.filter((other) => other.id !== id)
  const isServed = (listener: string): boolean =>
    others.some((other) => other.state === 'ready' && other.process.listeners.includes(listener))
  const isWantedListener = (listener: string): boolean => desired.listeners.some((one) => one.id === listener)
  if (!wanted && !process.isRouter) return left.some((listener) => isWantedListener(listener) && isAwaited(listener, byName, actual))
  if (left.some((listener) => isWantedListener(listener) && !isServed(listener))) return true
  const routes = others.some((other) => other.process.isRouter && other.process.listeners.some((one) => wanted?.listeners.includes(one)))
  return routes && left.some((listener) => !isWantedListener(listener))
}

/** Whether nobody who is to serve the listener does so yet, and somebody may still come to. */
function isAwaited(listener: string, wanted: ReadonlyMap<string, DesiredProcess>, actual: Actual): boolean {
  const coming = [...wanted.values()].filter(({ kind, listeners: its }) => kind === 'instance' && its.includes(listener))
  if (coming.some(({ name }) => servingOf(actual, name)?.process.listeners.includes(listener))) return false
  return coming.some(({ name, revision }) => {
    const { failures, rejected } = historyOf(actual, name)
    return failures === 0 && rejected?.revision !== revision
  })
}

/** Whether the generation in service may give way to a new revision now: one of a group at a time, and none after one has failed. */
function mayReplace({ name, group, revision }: DesiredProcess, actual: Actual): boolean {
  const members = actual.generations.filter(({ process }) => process.group === group).map(({ process }) => process.name)
  const isRejected = [name, ...members].some((one) => historyOf(actual, one).rejected?.revision === revision)
  return !isRejected && !isNeighbourReplaced({ name, group }, actual)
}

const isNeighbourReplaced = ({ name, group }: Pick<DesiredProcess, 'name' | 'group'>, actual: Actual): boolean =>
  actual.generations.some(
    ({ state, process }) => process.group === group && process.name !== name && state === 'starting' && servingOf(actual, process.name),
  )

function starts(desired: Desired, actual: Actual, now: number): Look {
  let free = desired.parallelStarts - actual.generations.filter((generation) => holdsUp(generation, actual, now)).length
  const replacing = new Set<string>()
  return together(
    desired.processes
      .toSorted((a, b) => a.stage - b.stage)
      .map((process) => {
        const look = mayRoute(process, desired.processes, actual) ? start(process, actual, now) : nothingToDo
        if (!look.steps.length) return look
        if (servingOf(actual, process.name)) {
          if (replacing.has(process.group)) return nothingToDo
          replacing.add(process.group)
          return look
        }
        return free-- > 0 ? look : nothingToDo
      }),
  )
}

/**
 * A router begins when every application that served its listener serves its private address: one that still accepts beside the router would get requests
 * that are not its own.
 */
function mayRoute({ isRouter, name, listeners: routed }: DesiredProcess, wanted: readonly DesiredProcess[], actual: Actual): boolean {
  if (!isRouter || servingOf(actual, name)) return true
  return !wanted.some((process) => {
    const serving = process.isRouter || process.kind === 'stand-in' ? undefined : servingOf(actual, process.name)
    return serving?.process.listeners.some((id) => routed.includes(id)) === true
  })
}

const holdsUp = ({ state, startedAt, process }: Generation, actual: Actual, now: number): boolean =>
  state === 'starting' && now - startedAt < LONG_START_MS && !servingOf(actual, process.name)

function start(process: DesiredProcess, actual: Actual, now: number): Look {
  const living = generationsOf(actual, process.name)
  const isOpen = process.listeners.every((id) => actual.listeners.some((listener) => listener.id === id))
  const isUnderway = living.some(({ state, process: { revision } }) => state === 'starting' && revision === process.revision)
  const isInTheWay = living.some(({ state }) => !process.overlaps || state === 'condemned')
  if (!isOpen || isUnderway || isInTheWay) return nothingToDo
  const serving = servingOf(actual, process.name)
  if (serving) return replacement(process, serving, actual, now)
  const { failures, failedAt } = historyOf(actual, process.name)
  return startAt(failures === 0 ? now : failedAt + backOffMs(process.policy, failures), process, now)
}

const startAt = (due: number, process: DesiredProcess, now: number): Look => (now >= due ? step({ do: 'start', process }) : at(due))

/**
 * Of a generation that serves: by a new revision at once; for its health with a pause that grows when replacements do not help. Even a revision that was
 * rejected is then worth another try.
 */
function replacement(process: DesiredProcess, serving: Generation, actual: Actual, now: number): Look {
  if (serving.process.revision !== process.revision && mayReplace(process, actual)) return step({ do: 'start', process })
  if (serving.unhealthy === undefined || !process.overlaps || isNeighbourReplaced(process, actual)) return nothingToDo
  const { unhealthyInARow, replacedAt } = historyOf(actual, process.name)
  return startAt(unhealthyInARow === 0 ? now : replacedAt + backOffMs(process.policy, unhealthyInARow), process, now)
}
