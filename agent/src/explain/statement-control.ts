/**
 * Explains slow statements and cancels those of cancelled requests. Loaded when one of both is on for the first time, beside the bundle of the agent: what has state
 * there is handed over, not imported.
 */
import type { Child } from '../recorder/child.ts'
import type { Statement } from '../recorder/kinds/statement.ts'
import type { StatementControl, StatementRun } from '../recorder/statement-run.ts'
import { askPlan } from './ask-plan.ts'
import { cancelStatement } from './cancel-statement.ts'
import { isExplainable } from './explainable.ts'
import { PlanBudget } from './plan-budget.ts'

const MAX_PLAN = 8000

export interface ControlOptions {
  /** Calls it so that what it opens belongs to no request. */
  readonly runOutside: <R>(fn: () => R) => R
  readonly reportFault: (hook: string, error: unknown) => void
  /** They may change. */
  readonly settings: { readonly explain: boolean; readonly cancelStatements: boolean }
}

export class DriverControl implements StatementControl {
  readonly #options: ControlOptions
  readonly #budget = new PlanBudget()
  readonly #runs = new WeakMap<object, StatementRun>()

  constructor(options: ControlOptions) {
    this.#options = options
  }

  began(child: Child, run: StatementRun): void {
    this.#runs.set(child, run)
  }

  /** Asks for its plan, if the budget has room for it. */
  slow(child: Child): void {
    const run = this.#runs.get(child)
    if (!run || !this.#options.settings.explain || child.kind.name !== 'statement') return
    const { shape } = child.detail as Statement
    if (!isExplainable(run.text, shape) || !this.#budget.take(shape.digest, child.endMs)) return
    void this.#options.runOutside(() => this.#explain(run, shape))
  }

  /** Cancels what runs among these. */
  cancel(children: readonly Child[]): void {
    if (!this.#options.settings.cancelStatements) return
    for (const child of children) {
      const run = child.ended ? undefined : this.#runs.get(child)
      if (run) void this.#options.runOutside(() => this.#cancel(child, run))
    }
  }

  async #explain(run: StatementRun, shape: Statement['shape']): Promise<void> {
    try {
      shape.plan = (await askPlan(run)).slice(0, MAX_PLAN)
    } catch (error) {
      this.#options.reportFault('explain', error)
    } finally {
      this.#budget.done()
    }
  }

  async #cancel(child: Child, run: StatementRun): Promise<void> {
    try {
      await cancelStatement(run, () => !child.ended)
    } catch (error) {
      this.#options.reportFault('cancel.statement', error)
    }
  }
}
