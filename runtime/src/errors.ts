import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the keeper, of management and of the command line. */
export const errors = {
  SPY_DATA_IN_USE: 'the data folder %s is in use by another Spyglass (%s). Stop it, or choose another folder with --data DIR.',
  SPY_DATA_LOCK_MISPLACED: 'the lock %s is %s, but must be a file. Remove it; its content means nothing.',
  SPY_DATA_UNLOCKABLE: 'cannot take the lock %s: %s. The file system must support file locks; choose another folder with --data DIR.',
  SPY_LOG_UNWRITABLE: 'cannot open the server log %s: %s. Remove whatever is at that path, or free disk space.',
  SPY_SOCKET_FAILED: 'cannot listen on the socket %s: %s. Free disk space, or choose a data folder on a local file system.',
  SPY_PART_ENDED: '%s exited before it was ready (%s); see %s',
  SPY_PART_SLOW:
    '%s was not ready within %d s, not counting time spent waiting for CPU or disk (%s); server.startPatienceMs sets this limit',
  SPY_PART_FAILED: '%s could not start: %s',
  SPY_PART_UNKNOWN: 'unknown process %s; this server has %s',
  SPY_RELOAD_FAILED: 'the new generation of %s failed: %s',
  SPY_RELOAD_SUPERSEDED: 'the reload of %s was not finished: another change came before it was done. What came last is in force.',
  SPY_PART_MISSING: 'this role needs the package %s, which is not installed',
  SPY_INSTANCE_SILENT: '%s does not answer: %s',
  SPY_INSTANCE_ANSWER: '%s: %s',
  SPY_SERVER_REFUSED: 'the server refused the command: %s',
  SPY_NAME_UNKNOWN: 'no resource is named %s; `spyglass list` shows all resources',
  SPY_COLLECTOR_UNREACHABLE: 'the console of the collector %s does not answer: %s. `spyglass status` shows whether the collector runs.',
  SPY_COLLECTOR_FORBIDDEN: 'the console at %s does not take the password of this data folder; it belongs to another server',
  SPY_COLLECTOR_REFUSED: 'the console at %s could not answer: %s',
  SPY_LINE_UNKNOWN: 'no statement or call was seen at %s in the last %s. %s.',
  SPY_COMMAND_UNKNOWN: 'unknown command %s; `spyglass --help` lists the commands',
  SPY_COMMAND_OUTSIDE: '%s cannot be used in the shell, whose commands speak to a running server. Run it by itself.',
  SPY_ARGUMENT_UNKNOWN: '%s',
  SPY_ARGUMENT_MISSING: '%s is missing; see `spyglass %s --help`',
} as const

export const fail = errorsOf(errors)
