/** Operations of an instance that its process carries out. */
import type { Agent } from '@spyglass/agent'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { FromChild, ToChild } from '@spyglass/process/keeper-link'
import { fail } from './errors.ts'

type Running = Pick<Agent, 'runningRequests' | 'cancelRequest' | 'profile'>

/** Never throws: what went wrong is the answer. */
export async function answerTo(
  { id, operation, arguments: given }: Extract<ToChild, { type: 'ask' }>,
  agent: Running | undefined,
): Promise<Extract<FromChild, { type: 'answer' }>> {
  try {
    return { type: 'answer', id, result: await carryOut(operation, given, agent) }
  } catch (error) {
    const code = codeOf(error)
    return { type: 'answer', id, error: messageOf(error), ...(code === undefined ? {} : { code }) }
  }
}

function carryOut(operation: string, given: Readonly<Record<string, unknown>>, agent: Running | undefined): unknown {
  if (!agent) throw fail('SPY_INSTANCE_UNRECORDED', [])
  if (operation === 'runningRequests') return agent.runningRequests()
  if (operation === 'profile') return agent.profile(given)
  const id = String(given['id'])
  if (!agent.cancelRequest(id)) throw fail('SPY_REQUEST_NOT_CANCELLED', [id])
  return undefined
}
