/** Answers a question of the keeper: an operation of a resource of this process. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { FromChild, ToChild } from './messages.ts'

export type Ask = Extract<ToChild, { type: 'ask' }>
export type Answer = Extract<FromChild, { type: 'answer' }>

/** Never throws: what went wrong is the answer. */
export async function answerOf(
  { id, operation, arguments: given }: Ask,
  carryOut: (operation: string, given: Ask['arguments']) => unknown,
): Promise<Answer> {
  try {
    return { type: 'answer', id, result: await carryOut(operation, given) }
  } catch (error) {
    const code = codeOf(error)
    return { type: 'answer', id, error: messageOf(error), ...(code === undefined ? {} : { code }) }
  }
}
