/** docs/reference/telemetry.md: names of attributes and of the metrics that carry the aggregates. */
import { attr, metric } from '@spyglass/agent/contract'
import { code, document, section, table } from './markdown.ts'

const meaning: Readonly<Record<keyof typeof metric, string>> = {
  httpServerDuration: 'Every request served: exponential histogram in seconds, delta temporality.',
  httpClientDuration: 'Every outgoing request: exponential histogram in seconds, delta temporality.',
  dbClientDuration: 'Every statement: exponential histogram in seconds, delta temporality, by digest of the normalised text.',
  dbPoolWait: 'Every wait for a connection of a pool: exponential histogram in seconds, delta temporality.',
  messageProcessDuration: 'Every message or job of a queue that was processed: exponential histogram in seconds, delta temporality.',
  messageClientDuration: 'Every call to a broker: exponential histogram in seconds, delta temporality.',
  rpcServerDuration: 'Every remote procedure call served: exponential histogram in seconds, delta temporality.',
  rpcClientDuration: 'Every outgoing remote procedure call: exponential histogram in seconds, delta temporality.',
  dnsDuration: 'Every lookup of a name in a request: exponential histogram in seconds, delta temporality.',
  graphqlDuration: 'Every operation of GraphQL, likewise.',
  jobDuration: 'Every run of a scheduled job: exponential histogram in seconds, delta temporality.',
  errorDuration:
    'Everything that failed, by the fingerprint of its error: exponential histogram in seconds, delta temporality. An exception that nobody caught counts 0 s.',
  gcDuration: 'Every garbage collection, by kind: exponential histogram in seconds, delta temporality.',
  agentDropped: 'Records that the agent dropped, by reason.',
}

export function telemetryPage(): string {
  const introduction = [
    'Names follow the OpenTelemetry semantic conventions where they exist; other names start with `spyglass.`. Metrics of resources are listed in',
    '[managed-resources.md](managed-resources.md).',
  ].join('\n')
  const metrics = Object.entries(metric).map(([key, name]) => [code(name), meaning[key as keyof typeof metric]])
  return document('Telemetry', introduction, [
    section('Metrics of requests and statements', table(['Metric', 'Meaning'], metrics)),
    section(
      'Attributes',
      Object.values(attr)
        .map((name) => `- ${code(name)}`)
        .join('\n'),
    ),
  ])
}
