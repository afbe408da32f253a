import { errorsOf } from '@spyglass/agent/contract'

/** Errors of queues of jobs. */
export const jobErrors = {
  SPY_JOBS_UNKNOWN:
    'the application has no jobs %s; it has: %s. Declare them under jobs, and name them in the application (applications[].jobs).',
  SPY_JOBS_CLOSED: 'there are no jobs here: jobs() works in an application that the server hosts, while it runs',
  SPY_JOBS_DATA: 'jobs %s: the data of a job must be JSON: %s',
  SPY_JOBS_TOO_LARGE:
    'jobs %s: the data of a job has %d bytes as JSON, at most %d are allowed; raise maxBytes, or add where the data is instead',
  SPY_JOBS_OPTION: 'jobs %s: %s',
  SPY_JOBS_FULL: 'jobs %s: the queue is full; try again later, raise maxJobs or maxTotalBytes, or remove dead jobs',
  SPY_JOBS_SILENT: 'jobs %s: no answer within %d ms; whether the job was added is not known. Add it again with the same id',
  SPY_JOBS_STORE: 'jobs %s: the store failed: %s',
  SPY_JOBS_PROCESSED: 'jobs %s: this process runs them already; there is one function for the jobs of a queue',
  SPY_JOBS_PACKAGE: 'jobs %s: store redis needs the package bullmq in %s: %s',
  SPY_JOBS_OPERATION: 'jobs %s: there is no operation %s here',
  SPY_JOB_TIMED_OUT: 'job %s of %s did not end within %d ms',
  SPY_JOB_INTERRUPTED: 'the process that ran the job ended',
  SPY_JOB_GIVEN_BACK: 'job %s of %s has not ended in time for the stop of its process, and is given back to the queue',
} as const

type Code = keyof typeof jobErrors

export const fail = errorsOf(jobErrors)

const RETRIABLE: ReadonlySet<Code> = new Set(['SPY_JOBS_FULL', 'SPY_JOBS_SILENT', 'SPY_JOBS_STORE'])

/** With what frameworks answer, if the application passes it on. */
export function refused(code: Code, args: readonly unknown[], cause?: unknown): Error {
  const error = fail(code, args, cause)
  if (code === 'SPY_JOBS_TOO_LARGE') return Object.assign(error, { statusCode: 413 })
  return RETRIABLE.has(code) ? Object.assign(error, { statusCode: 503, headers: { 'retry-after': '2' } }) : error
}
