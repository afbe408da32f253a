import { errorsOf } from '../contract/errors.ts'

export const errors = {
  SPY_AGENT_LIBRARY:
    '%s has no %s, so it is not recorded: this version differs from those that were tested; see docs/reference/instrumentations.md, and report it',
} as const

export const fail = errorsOf(errors)
