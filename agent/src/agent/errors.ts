/** What the agent says on standard error once it runs, in one line. */
export const errors = {
  SPY_AGENT_SETTINGS: '%s: using the defaults',
  SPY_AGENT_BUNDLED:
    '%s is bundled into %s, where it is not recorded: build with the plugin @spyglass/agent/esbuild, or leave the package out of the bundle (external)',
} as const
