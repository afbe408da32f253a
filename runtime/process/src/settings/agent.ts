import { declareSettings } from './declaration.ts'
import { milliseconds } from './shapes.ts'

const headers = (description: string) =>
  ({
    type: 'texts',
    each: { checks: [{ is: /^[\w!#$%&'*+.^`|~-]+$/, allowed: 'the name of a header' }] },
    default: [],
    applies: 'live',
    description,
  }) as const

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
  explain: {
    type: 'boolean',
    default: false,
    applies: 'live',
    description:
      'Whether the plans of slow statements of pg and mysql2 are asked for: plain `EXPLAIN`, read-only, on a connection of its own, each statement once an hour.',
  },
  cancelStatements: {
    type: 'boolean',
    default: false,
    applies: 'live',
    description: 'Whether the running statements of pg and mysql2 are cancelled with their request.',
  },
  ignoredPaths: {
    type: 'texts',
    each: {
      checks: [{ is: /^\/[^,\s]*$/, allowed: 'a path that begins with a slash, without commas; a star at its end stands for anything' }],
    },
    default: [],
    applies: 'live',
    description: 'Paths whose requests are neither recorded nor counted, such as health checks: `/health`, `/internal/*`.',
  },
  capturedServerRequestHeaders: headers(
    'Headers of served requests that become attributes of their spans. Values of those that hold a secret are replaced.',
  ),
  capturedServerResponseHeaders: headers('The same for the responses.'),
  capturedClientRequestHeaders: headers('The same for calls to other services.'),
  capturedClientResponseHeaders: headers('The same for the answers to calls.'),
  keepSecret: {
    type: 'text',
    minLength: 16,
    secret: true,
    example: 'at-least-16-characters',
    description:
      'A request that has this text in the header `spyglass-keep-secret` is kept, and what it calls as well. Without it nobody can force that.',
  },
  metricsIntervalMs: milliseconds(10_000, 'How often aggregates and metrics are sent.', 100),
  endpoint: { type: 'url', description: 'OTLP/HTTP endpoint; by default the collector of this server.' },
})
