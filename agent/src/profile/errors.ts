import { errorsOf } from '../contract/errors.ts'

/** Errors of profiles. */
export const errors = {
  SPY_AGENT_PROFILER: 'SPYGLASS_PROFILE is on, but @datadog/pprof cannot be loaded: npm install @datadog/pprof',
  SPY_PROFILE_RUNNING: 'a profile of this process is being taken; it ends in %d s. One is taken at a time.',
  SPY_PROFILE_TOO_MANY:
    '%d profiles of this process were taken in the last hour, which is the most. Each stops its event loop for a moment.',
  SPY_AGENT_PROFILER_NODE: 'SPYGLASS_PROFILE is on, but profiles of requests need Node 24, and this is %s',
} as const

export const fail = errorsOf(errors)
