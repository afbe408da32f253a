/** Operations of an instance that its process carries out. */
import type { Agent } from '@spyglass/agent'
import { messageOf } from '@spyglass/agent/contract'
import type { FromChild, ToChild } from '@spyglass/process/keeper-link'
import { fail } from './errors.ts'

type Running = Pick<Agent, 'runningRequests' | 'cancelRequest'>

/** Never throws: what went wrong is the answer. */
export function answerTo(
  { id, operation, arguments: given }: Extract<ToChild, { type: 'ask' }>,
  agent: Running | undefined,
): Extract<FromChild, { type: 'answer' }> {
  try {
    return { type: 'answer', id, result: carryOut(operation, given, agent) }
  } catch (error) {
    return { type: 'answer', id, error: messageOf(error) }
  }
}

function carryOut(operation: string, given: Readonly<Record<string, unknown>>, agent: Running | undefined): unknown {
  if (!agent) throw fail('SPY_INSTANCE_UNRECORDED', [])
  if (operation === 'runningRequests') return agent.runningRequests()
  const id = String(given['id'])
  if (!agent.cancelRequest(id)) throw fail('SPY_REQUEST_NOT_CANCELLED', [id])
  return undefined
}
