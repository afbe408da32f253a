/** Rules over rollups: each queries the store at an interval and returns current problems. */
import { codeOf, type EventSeverity, incidentId, messageOf } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import type { QueryClient } from '../query/index.ts'
import type { Evaluator } from './evaluator.ts'
import { fail } from './errors.ts'

/** One problem that a rule found. */
export interface Finding {
  /** ObjectName. */
  readonly resource: string
  readonly summary: string
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

export interface RollupRule {
  readonly name: string
  readonly severity: EventSeverity
  readonly everyMs: number
  /** How long it must be found before it pages. */
  readonly forMs: number
  /** How long it must stay away before it resolves. */
  readonly settleMs: number
  evaluate(query: QueryClient, now: number): Promise<readonly Finding[]>
}

export interface RollupRunnerOptions {
  readonly rules: readonly RollupRule[]
  readonly query: QueryClient
  readonly evaluator: Evaluator
  readonly logger: Logger
  readonly now?: () => number
}

export interface RollupRunner {
  stop(): void
}

export function startRollupRules(options: RollupRunnerOptions): RollupRunner {
  const timers = options.rules.map((rule) => {
    let busy = false
    return setInterval(() => {
      if (busy) return
      busy = true
      void runRule(rule, options).then(() => (busy = false))
    }, rule.everyMs).unref()
  })
  return { stop: () => timers.forEach((timer) => clearInterval(timer)) }
}

/** While the store is down nothing changes: no alert starts, and none resolves for lack of data. */
export async function runRule(rule: RollupRule, { query, evaluator, logger, now = Date.now }: RollupRunnerOptions): Promise<void> {
  const time = now()
  try {
    const findings = await rule.evaluate(query, time)
    const found = new Set(findings.map(({ resource }) => resource))
    for (const { rule: name, resource, state } of evaluator.list())
      if (name === rule.name && state !== 'resolved' && !found.has(resource)) evaluator.clear({ rule: name, resource })
    for (const finding of findings) {
      const condition = { rule: rule.name, resource: finding.resource }
      const open = evaluator.openAt(condition)
      if (open) again(evaluator, open.id, finding)
      else raise(rule, finding, { evaluator, time })
    }
  } catch (error) {
    const { code, message } = fail('SPY_ALERT_RULE_FAILED', [rule.name, messageOf(error)], error)
    logger.debug({ code, cause: codeOf(error) }, message)
  }
}

/** A reminder says what is true by then. */
function again(evaluator: Evaluator, id: string, { resource, summary, attributes }: Finding): void {
  const open = evaluator.find(id)
  if (open) evaluator.reaffirm({ rule: open.rule, resource })
  evaluator.amend(id, { summary, attributes })
}

function raise(rule: RollupRule, finding: Finding, { evaluator, time }: { evaluator: Evaluator; time: number }): void {
  evaluator.raise({
    id: incidentId('spyglass.alert.firing', `${rule.name} ${finding.resource}`, time),
    rule: rule.name,
    severity: rule.severity,
    since: time,
    delayMs: rule.forMs,
    settleMs: rule.settleMs,
    observed: true,
    ...finding,
  })
}
