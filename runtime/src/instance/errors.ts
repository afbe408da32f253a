import { errorsOf } from '@spyglass/agent/contract'

/** Errors of an instance beside those of its applications. */
export const instanceErrors = {
  SPY_INSTANCE_FAILED: 'the instance could not start: %s',
  SPY_CLUSTER_ENDED:
    'all workers that the program forked with node:cluster have exited; the instance is restarted, since the listening socket closed with the last of them',
  SPY_INSTANCE_UNRECORDED: 'no agent runs in this process',
  SPY_INSTANCE_OPERATION: 'an instance has no operation %s',
  SPY_REQUEST_NOT_CANCELLED: 'no request with the id %s runs, or its protocol has no way to cancel it',
  SPY_INSTANCE_REFUSED: 'it may not take over: %s, which runs in the generation in service, failed to start',
} as const

export const fail = errorsOf(instanceErrors)
