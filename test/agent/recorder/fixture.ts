import type { MetricRecord, SpanRecord } from '@spyglass/agent/otlp'
import { Aggregates } from '../../../agent/src/aggregate/aggregates.ts'
import { Recorder, type RecorderOptions } from '../../../agent/src/recorder/recorder.ts'

const POLICY = { slowRequestMs: 0.000_001, keptPerSecond: 1000, baselinePerMinute: 0, slowStatementMs: 100, partialAfterMs: 5000 }

/** A recorder that keeps everything, what it exported, and what it counted. */
export function recording({ verdicts, ...policy }: Partial<RecorderOptions['policy']> & Pick<RecorderOptions, 'verdicts'> = {}) {
  const spans: SpanRecord[] = []
  const aggregates = new Aggregates(0)
  const recorder = new Recorder({
    aggregates,
    exporter: { exportSpans: (records) => void spans.push(...records) },
    policy: { ...POLICY, ...policy },
    verdicts,
  })
  const counted = (name: string): readonly Readonly<Record<string, unknown>>[] =>
    (aggregates.collect(1).find((metric: MetricRecord) => metric.name === name)?.points ?? []).map(({ attributes }) => attributes ?? {})
  return { recorder, spans, counted }
}
