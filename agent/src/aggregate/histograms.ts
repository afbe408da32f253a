/**
 * The histograms that count everything, kept or not: the OpenTelemetry names of each kind of root and child. A spool names them by their place in
 * this list, so new ones come at its end.
 */
import { metric } from '../contract/telemetry.ts'

const durations = <const N extends string>(name: N, description: string) =>
  ({ type: 'exponentialHistogram', name, description, unit: 's', temporality: 'delta' }) as const

/** The metrics, without their points. */
export const AGGREGATES = [
  durations(metric.httpServerDuration, 'Duration of every request that was served.'),
  durations(metric.dbClientDuration, 'Duration of every statement.'),
  durations(metric.httpClientDuration, 'Duration of every call to another service.'),
  durations(metric.dbPoolWait, 'How long each borrower waited for a connection of a pool.'),
  durations(metric.messageProcessDuration, 'Duration of the processing of every message and of every job of a queue.'),
  durations(metric.messageClientDuration, 'Duration of every call to a broker.'),
  durations(metric.rpcServerDuration, 'Duration of every remote procedure call that was served.'),
  durations(metric.rpcClientDuration, 'Duration of every remote procedure call to another service.'),
  durations(metric.jobDuration, 'Duration of every run of a scheduled job.'),
  durations(metric.errorDuration, 'Duration of what failed, by the error.'),
  durations(metric.dnsDuration, 'Duration of every lookup of a name in a request.'),
  durations(metric.graphqlDuration, 'Duration of every operation of GraphQL.'),
] as const
export type AggregateName = (typeof AGGREGATES)[number]['name']

/** Maximum series of each table; what comes when it is full counts in one overflow series. */
export const MAX_SERIES = 1000
