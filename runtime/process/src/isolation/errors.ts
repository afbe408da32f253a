import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the protection of applications from each other. */
export const isolationErrors = {
  SPY_ISOLATION_UNAVAILABLE:
    'the isolation that is asked for cannot be enforced here, and a weaker one is not used in its place:\n%s\nSee docs/how-to/isolation.md.',
  SPY_ISOLATION_USER: 'user %s of application %s cannot be used: %s.',
} as const

export const fail = errorsOf(isolationErrors)
