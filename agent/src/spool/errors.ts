/** Errors of the spool. They never reach the application: the agent sends them with the count of its faults. */
export const errors = {
  SPY_SPOOL_FOLDER: '%s cannot hold a spool: %s. Set SPYGLASS_SPOOL_FOLDER to a folder of this user that nobody else may write to.',
} as const
