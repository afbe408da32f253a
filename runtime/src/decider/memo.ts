/** What the decider asks the holder to remember, so that the next decider goes on where it stopped. JSON. */
import type { ChildState } from '../holder/orders.ts'
import {
  type Actual,
  asked,
  type DesiredProcess,
  ended,
  type Generation,
  type History,
  nothing,
  opened,
  started,
} from './reconciler/index.ts'

export interface Memo {
  readonly startedAt: number
  /** Whether the server has been ready, and people were told. */
  readonly isReady: boolean
  readonly lastReasons: readonly string[]
  /** Number of the last reload by process; part of its revision. */
  readonly reloads: Readonly<Record<string, number>>
  readonly openIncidents: readonly (readonly [resource: string, incidentId: string])[]
  readonly generations: readonly Generation[]
  readonly histories: readonly (readonly [process: string, history: History])[]
  readonly unserved: readonly (readonly [listener: string, since: number])[]
}

/** Kept with each child. */
export interface ChildLabel {
  readonly process: DesiredProcess
  readonly startedAt: number
}

/** Facts as the memo and the holder know them together. What ended unseen is `ended` by the caller. */
export function actualFrom(memo: Memo | undefined, children: readonly ChildState[], listeners: readonly string[]): Actual {
  let actual: Actual = { ...nothing, histories: new Map(memo?.histories), generations: [] }
  for (const listener of listeners) actual = opened(actual, listener)
  const since = new Map(memo?.unserved)
  actual = {
    ...actual,
    listeners: actual.listeners.map(({ id }) => (since.has(id) ? { id, unservedSince: since.get(id)! } : { id })),
  }
  for (const { id, label } of children) {
    const known = memo?.generations.find((generation) => generation.id === id)
    const { process, startedAt } = label as ChildLabel
    actual = known ? { ...actual, generations: [...actual.generations, { ...known, ownMs: 0 }] } : started(actual, process, id, startedAt)
  }
  for (const { id, process, state } of memo?.generations ?? []) {
    if (children.some((child) => child.id === id)) continue
    // The holder forgot it because its end was noted; the memo that says so was not written any more.
    actual = { ...actual, generations: [...actual.generations, { id, process, number: 0, state, startedAt: 0, hasServed: true, ownMs: 0 }] }
    actual = ended(state === 'stopping' ? asked(actual, id, 0) : actual, id, {
      reason: 'exited while the decider was restarted',
      at: Date.now(),
    })
  }
  return actual
}

export const memoOf = (actual: Actual, rest: Pick<Memo, 'startedAt' | 'isReady' | 'lastReasons' | 'reloads' | 'openIncidents'>): Memo => ({
  ...rest,
  generations: actual.generations,
  histories: [...actual.histories],
  unserved: actual.listeners.flatMap(({ id, unservedSince }) => (unservedSince === undefined ? [] : [[id, unservedSince] as const])),
})
