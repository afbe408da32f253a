import { errorsOf } from '@spyglass/agent/contract'

/** Errors of worker pools. */
export const workerPoolErrors = {
  SPY_WORKER_POOL_UNKNOWN:
    'the application has no worker pool %s; it has: %s. Declare it under workerPools, and name it in the application (applications[].workerPools).',
  SPY_WORKER_POOLS_CLOSED: 'there are no worker pools here: workerPool() works in an application that the server hosts, while it runs',
  SPY_WORKER_POOL_FILE: 'worker pool %s: there is no file %s in %s',
  SPY_WORKER_POOL_FULL: 'worker pool %s: %d tasks wait already; try again later, or raise maxWaiting or max',
  SPY_WORKER_POOL_LATE: 'worker pool %s: a task did not end within %d ms; its worker was ended',
  SPY_WORKER_POOL_DATA: 'worker pool %s: the data of a task cannot be given to another thread: %s',
  SPY_WORKER_POOL_CRASHED: 'worker pool %s: the worker of the task ended: %s',
  SPY_WORKER_POOL_STOPPED: 'worker pool %s: it is closed, since its instance stops',
} as const

type Code = keyof typeof workerPoolErrors

export const fail = errorsOf(workerPoolErrors)

/** With what frameworks answer, if the application passes it on. */
export const refused = (code: Code, args: readonly unknown[], cause?: unknown): Error =>
  Object.assign(fail(code, args, cause), { statusCode: 503, headers: { 'retry-after': '2' } })
