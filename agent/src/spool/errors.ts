/** Errors of the spool. They never reach the application: the agent sends them with the count of its faults. */
export const errors = {
  SPY_SPOOL_FOLDER: 'cannot keep a spool in %s: %s. Set SPYGLASS_SPOOL_FOLDER to a folder that only this user can write to.',
} as const
