/** Which processes a name means. */
import { fail } from '../errors.ts'
import { isInstance } from './self-report.ts'
import type { ProcessPlan, ServerPlan } from './server-plan.ts'

/**
 * Names of the processes that host an application or are the shared ones of a listener, else of the process of that name, or of all instances for an
 * empty name. An application may have the name of a process of the server: `store`.
 * @throws SPY_PART_UNKNOWN, SPY_SERVER_REFUSED
 */
export function targetsOf({ processes, disabled }: Pick<ServerPlan, 'processes' | 'disabled'>, target: string): readonly string[] {
  const members = processes.filter((one) => (target === '' ? isInstance(one) : isOf(one, target)))
  const found = members.length > 0 ? members : processes.filter(({ process }) => process.name === target)
  if (found.length === 0 && disabled.some(({ name }) => name === target))
    throw fail('SPY_SERVER_REFUSED', [`application ${target} is disabled; \`spyglass enable ${target}\` starts it`])
  if (found.length === 0) throw fail('SPY_PART_UNKNOWN', [target, processes.map(({ process }) => process.name).join(', ')])
  return found.map(({ process }) => process.name)
}

const isOf = ({ process, applications = [] }: ProcessPlan, target: string): boolean =>
  process.group === target || applications.some(({ name }) => name === target)
