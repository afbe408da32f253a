import { errorsOf } from '../contract/errors.ts'

/** Errors of the profiles of requests. */
export const errors = {
  SPY_AGENT_PROFILER: 'SPYGLASS_PROFILE is on, but @datadog/pprof cannot be loaded: npm install @datadog/pprof',
  SPY_AGENT_PROFILER_NODE: 'SPYGLASS_PROFILE is on, but profiles of requests need Node 24, and this is %s',
} as const

export const fail = errorsOf(errors)
