/** Operations of an instance that its process carries out. */
import type { Agent } from '@spyglass/agent'
import { type Answer, answerOf, type Ask } from '@spyglass/process/keeper-link'
import type { Resources } from '../resource/index.ts'
import { operableLists } from '../resource-type/operable-lists.ts'
import { fail } from './errors.ts'

export interface Answering {
  readonly agent: Running | undefined
  /** Undefined until they are open. */
  readonly resources: Pick<Resources, 'carryOut'> | undefined
}

type Running = Pick<Agent, 'runningRequests' | 'cancelRequest' | 'profile'>

/** Never throws: what went wrong is the answer. */
export const answerTo = (asked: Ask, who: Answering): Promise<Answer> =>
  answerOf(asked, (operation, given) => carryOut(operation, given, who))

function carryOut(operation: string, given: Readonly<Record<string, unknown>>, { agent, resources }: Answering): unknown {
  for (const { kind, list } of operableLists) {
    const name = given[kind.name]
    if (typeof name === 'string') return resources?.carryOut(list, name, { operation, given })
  }
  if (!agent) throw fail('SPY_INSTANCE_UNRECORDED', [])
  if (operation === 'runningRequests') return agent.runningRequests()
  if (operation === 'profile') return agent.profile(given)
  if (operation !== 'cancelRequest') throw fail('SPY_INSTANCE_OPERATION', [operation])
  const id = String(given['id'])
  if (!agent.cancelRequest(id)) throw fail('SPY_REQUEST_NOT_CANCELLED', [id])
  return undefined
}
