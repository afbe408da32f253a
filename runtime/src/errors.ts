import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the keeper, of management and of the command line. */
export const errors = {
  SPY_PORT_TAKEN: 'port %d (%s) on %s is taken. Free it, set another in the configuration, or shift all ports with --port-offset N.',
  SPY_LISTEN_FAILED: 'cannot listen on %s port %d (%s): %s',
  SPY_DATA_IN_USE: 'the data folder %s is in use by another Spyglass (%s). Stop it, or choose another folder with --data DIR.',
  SPY_DATA_UNLOCKABLE: 'the lock %s cannot be taken: %s. The file system must support file locks; choose another folder with --data DIR.',
  SPY_LOG_UNWRITABLE: 'the server log %s cannot be opened: %s. Remove what is in its place, or free space on the disk.',
  SPY_PART_ENDED: '%s ended before it was ready (%s); see %s',
  SPY_PART_SLOW:
    '%s was not ready within %d s, not counting time it had to wait for a processor or disk (%s); server.startPatienceMs sets it',
  SPY_PART_FAILED: '%s could not start: %s',
  SPY_PART_UNKNOWN: 'there is no process %s here; there is %s',
  SPY_PART_BUSY: '%s is being reloaded already',
  SPY_PART_MISSING: 'the package %s is not installed; this role needs it',
  SPY_SERVER_UNREACHABLE: 'no Spyglass answers at %s: %s. Is it running, and is --config, --data or --port-offset the same?',
  SPY_SERVER_REFUSED: 'the server refused: %s',
  SPY_NAME_UNKNOWN: 'nothing is named %s; `spyglass list` shows what there is',
  SPY_COMMAND_UNKNOWN: 'there is no command %s; `spyglass --help` lists them',
  SPY_ARGUMENT_UNKNOWN: '%s',
  SPY_ARGUMENT_MISSING: '%s is missing; `spyglass %s --help` tells more',
} as const

export const fail = errorsOf(errors)
