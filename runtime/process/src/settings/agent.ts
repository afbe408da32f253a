import { declareSettings } from './declaration.ts'
import { milliseconds } from './shapes.ts'

export const agentSettings = declareSettings({
  slowRequestMs: {
    type: 'int',
    min: 1,
    unit: 'ms',
    applies: 'live',
    description: 'Traces of requests slower than this are kept. Default: the 99th percentile of each route, and at least 100 ms.',
  },
  slowStatementMs: { ...milliseconds(100, 'Statements slower than this count as slow.'), applies: 'live' },
  keptPerSecond: {
    type: 'int',
    min: 1,
    max: 1000,
    default: 5,
    applies: 'live',
    description: 'Maximum number of traces one instance keeps per second; drops are counted.',
  },
  baselinePerMinute: {
    type: 'int',
    min: 0,
    max: 6000,
    default: 6,
    applies: 'live',
    description: 'Number of ordinary requests kept per minute for comparison.',
  },
  metricsIntervalMs: milliseconds(10_000, 'How often aggregates and metrics are sent.', 100),
  endpoint: { type: 'url', description: 'OTLP/HTTP endpoint; by default the collector of this server.' },
})
