/** What routers and instances are told besides their share: where applications are, and which of them are served. It changes without a new generation. */
import type { ToChild } from '@spyglass/process/keeper-link'
import type { UpstreamState } from '../router/upstream.ts'
import { type Actual, type DesiredListener, type DesiredProcess, type Generation, servingOf } from './reconciler/index.ts'
import type { ProcessPlan, ServerPlan } from './server-plan.ts'

/** How long a listener may be without an instance before 503 is answered in its place. */
const UNSERVED_MS = 2000

/** The table of a listener that is no more. */
const NOWHERE = { hosts: [], routes: [], accessLogs: {} }

export const desiredListeners = ({ listeners, standInPolicy }: ServerPlan): readonly DesiredListener[] =>
  listeners.map((listener) => ({ id: listener.id, isPrivate: 'path' in listener, standInAfterMs: UNSERVED_MS, standInPolicy }))

export class Routing {
  /** What each was told last, by the id of its generation. A new decider tells everything again. */
  readonly #told = new Map<number, string>()

  /**
   * Tells each living router and instance what it does not know yet; one that is about to end, too: a router where the applications are that are left, an
   * instance where those are that it serves for as long as it has connections.
   */
  tell(plan: ServerPlan, actual: Actual, tell: (id: number, message: ToChild) => void, now: number = Date.now()): void {
    const { generations } = actual
    for (const id of this.#told.keys()) if (!generations.some((generation) => generation.id === id)) this.#told.delete(id)
    const states = generations.some(({ process }) => process.isRouter) ? statesOf(plan, actual, now) : {}
    for (const { id, process } of generations) {
      const message = messageFor(process, plan, states)
      const text = message && JSON.stringify(message)
      if (text === undefined || this.#told.get(id) === text) continue
      this.#told.set(id, text)
      tell(id, message as ToChild)
    }
  }
}

function messageFor(
  { name, isRouter }: DesiredProcess,
  plan: ServerPlan,
  states: Readonly<Record<string, UpstreamState>>,
): ToChild | undefined {
  if (isRouter) return { type: 'routing', states, table: plan.routing[name] ?? NOWHERE }
  return Object.hasOwn(plan.addresses, name) ? { type: 'addresses', addresses: plan.addresses[name] } : undefined
}

/** By path. */
function statesOf({ listeners }: ServerPlan, actual: Actual, now: number): Readonly<Record<string, UpstreamState>> {
  return Object.fromEntries(listeners.flatMap((one) => ('path' in one ? [[one.path, stateOf(one.id, actual, now)] as const] : [])))
}

function stateOf(id: string, { generations, listeners }: Actual, now: number): UpstreamState {
  const mine = generations.filter(({ process }) => process.listeners.includes(id))
  const since = listeners.find((listener) => listener.id === id)?.unservedSince
  if (since === undefined || now < since + UNSERVED_MS || mine.some(({ state }) => state === 'ready')) return 'serving'
  return mine.some(isEnding) ? 'draining' : 'down'
}

const isEnding = ({ state }: Generation): boolean => state === 'stopping' || state === 'condemned'

/**
 * The processes that must serve what they are made from before a change of a group is in force: its own; where a router leads to it, the router too, and
 * those that still serve the router's listener themselves. Then those that must be out of service: nobody wants them any more, and a client that comes to one
 * of them on a listener of these is not led where it should be.
 */
export function namesToSettle(group: string, { processes }: Pick<ServerPlan, 'processes'>, actual: Actual): readonly string[] {
  const wanted = wantedToSettle(group, processes, actual)
  const served = new Set(wanted.flatMap(({ process }) => process.listeners))
  const isOver = ({ process: { name, group: its, listeners } }: Generation): boolean =>
    !processes.some(({ process }) => process.name === name) && (its === group || listeners.some((id) => served.has(id)))
  return [...new Set([...wanted, ...actual.generations.filter(isOver)].map(({ process }) => process.name))]
}

function wantedToSettle(group: string, processes: readonly ProcessPlan[], actual: Actual): readonly ProcessPlan[] {
  const members = processes.filter(({ process }) => process.group === group)
  const listener = Object.keys(members[0]?.launch.listeners ?? {})[0]
  const router = processes.find(({ process, launch }) => process.isRouter && listener !== undefined && listener in launch.listeners)
  const isInTheWay = ({ process: { name, isRouter } }: ProcessPlan): boolean =>
    !isRouter && servingOf(actual, name)?.process.listeners.some((id) => router?.process.listeners.includes(id)) === true
  return [...members, ...(router ? [router, ...processes.filter(isInTheWay)] : [])]
}
