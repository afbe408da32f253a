import { errorsOf } from '@spyglass/agent/contract'

/** Errors of small files of state. */
export const stateErrors = {
  SPY_STATE_DAMAGED: 'state file %s is damaged: %s. %s; %s.',
  SPY_STATE_SHAPE: '%s',
} as const

export const fail = errorsOf(stateErrors)

/** What the `parse` of a state file throws: the reason why the content is not its state. */
export const wrongShape = (reason: string): Error => fail('SPY_STATE_SHAPE', [reason])
