/** What others may see of the decider. */
import type { Actual } from './reconciler/index.ts'
import type { ServerPlan } from './server-plan.ts'

export interface DeciderView {
  readonly plan: ServerPlan
  readonly actual: Actual
  /** Process ids of living generations. */
  readonly pids: ReadonlyMap<number, number>
  readonly startedAt: number
  readonly holderPid: number
  readonly isStopping: boolean
}
