/** What processes are made from, as a short text: a change of it is a new revision. */
import { createHash } from 'node:crypto'
import type { ProcessPlan, ServerPlan } from './server-plan.ts'

/** By name of the process. */
export const contentHashes = (plan: ServerPlan): ReadonlyMap<string, string> =>
  new Map(plan.processes.map((one) => [one.process.name, contentHash(one)]))

/** Equal for all processes of a group: a change of what they are made from is a new revision. */
function contentHash({ process: { name, group, listeners }, madeFrom, ...plan }: ProcessPlan): string {
  const { launch, share } = madeFrom ?? plan
  const text = JSON.stringify({ launch, share, listeners })
    .replaceAll(`"${name}"`, `"${group}"`)
    .replaceAll(`=${name},`, `=${group},`)
    .replaceAll(`=${name}%40`, `=${group}%40`) // in service.instance.id
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
