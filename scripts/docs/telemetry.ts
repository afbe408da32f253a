/** docs/reference/telemetry.md: names of attributes and of the metrics that carry the aggregates. */
import { attr, metric } from '@spyglass/agent/contract'
import { code, document, section, table } from './markdown.ts'

const meaning: Readonly<Record<keyof typeof metric, string>> = {
  httpServerDuration: 'Every request served: exponential histogram in seconds, delta temporality.',
  httpClientDuration: 'Every outgoing request: exponential histogram in seconds, delta temporality.',
  dbClientDuration: 'Every statement: exponential histogram in seconds, delta temporality, by digest of the normalised text.',
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
