/** Members of a group, and what is known of each. Plain data: what follows from it is decided in choose.ts. */
import type { Standing } from '../standing.ts'

export interface Member {
  readonly name: string
  readonly url: string
  readonly role: 'primary' | 'standby' | 'replica'
  readonly weight: number
  readonly tags: readonly string[]
}

export interface MemberState {
  /** `unknown` until it has answered or failed. */
  readonly health: 'unknown' | 'up' | 'down'
  /** Questions in a row without an answer. */
  readonly failures: number
  /** Since when it answers without having been down; it was never down: negative infinity. */
  readonly upSince: number
  /** The last answer, kept while it is down. */
  readonly standing: Standing | undefined
  readonly lastError: string
}

export const UNKNOWN: MemberState = {
  health: 'unknown',
  failures: 0,
  upSince: Number.NEGATIVE_INFINITY,
  standing: undefined,
  lastError: '',
}

/** A question was answered. */
export function answered(state: MemberState, standing: Standing, now: number): MemberState {
  return { health: 'up', failures: 0, upSince: state.health === 'down' ? now : state.upSince, standing, lastError: '' }
}

/** A question was not answered; so many in a row, and the member is down. */
export function unanswered(state: MemberState, error: string, limit: number): MemberState {
  const failures = state.failures + 1
  return { ...state, failures, health: failures >= limit ? 'down' : state.health, lastError: error }
}

/** Nobody listens there: once is enough. */
export const refused = (state: MemberState, error: string): MemberState => unanswered(state, error, 0)
