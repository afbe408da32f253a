/** A run of a job that a schedule started: cron, an interval of a scheduler. A job that a queue delivers is a message. */
import { attr, metric } from '../../contract/telemetry.ts'
import { SPAN_KIND } from '../../otlp/records.ts'
import { errorTypeOf } from '../error-text.ts'
import type { RootKind, TraceRecord } from '../trace-record.ts'

export interface Job {
  /** What runs it: `node-cron`. */
  readonly system: string
  /** Its name, else the name of its function, else its expression: a few for each application. */
  readonly name: string
}

export const job: RootKind<Job> = {
  name: 'job',
  isRequest: false,
  isTracked: true,
  spanKind: () => SPAN_KIND.internal,
  method: () => 'run',
  remoteParent: () => undefined,
  attributes: (record, { system, name }) => ({
    [attr.jobSystem]: system,
    [attr.jobName]: name,
    [attr.errorType]: errorTypeOfRecord(record),
  }),
  count(record, { system, name }, { aggregates, applicationOf }) {
    const errorType = errorTypeOfRecord(record)
    return aggregates.countRoot(metric.jobDuration, [system, name, errorType ?? ''], record.durationMs / 1000, () => ({
      [attr.jobSystem]: system,
      [attr.jobName]: name,
      [attr.errorType]: errorType,
      [attr.application]: applicationOf(record),
    }))
  },
}

const errorTypeOfRecord = ({ error }: TraceRecord): string | undefined => (error === undefined ? undefined : errorTypeOf(error))
