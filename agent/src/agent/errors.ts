/** What the agent says on standard error once it runs, in one line. */
export const errors = {
  SPY_AGENT_SETTINGS: '%s: using the defaults',
} as const
