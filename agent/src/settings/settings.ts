/**
 * The settings of the in-process agent: one declared table, read from the environment by a reader that loads nothing. A parser library
 * would cost the host application more start-up time than the whole agent.
 */

import type { TrustFiles } from '../tls-trust/index.ts'

interface Declaration<T> {
  readonly env: string
  readonly description: string
  /** How the default reads in the reference, where it is not a plain value. */
  readonly defaultText?: string
  readonly default: T
  /** Undefined: the text is not acceptable. */
  readonly parse: (text: string) => T | undefined
  /** What is allowed, for the message about a wrong value. */
  readonly allowed: string
}

const text = (env: string, value: string, description: string): Declaration<string> => ({
  env,
  description,
  default: value,
  parse: (input) => input,
  allowed: 'text',
})

const atLeast = (least: number, { env, value, description }: { env: string; value: number; description: string }): Declaration<number> => ({
  env,
  description,
  default: value,
  parse: (input) => (/^\d+(\.\d+)?$/.test(input) && Number(input) >= least ? Number(input) : undefined),
  allowed: `a number of at least ${least}`,
})

const onOff = (env: string, value: boolean, description: string): Declaration<boolean> => ({
  env,
  description,
  default: value,
  defaultText: value ? 'on' : 'off',
  parse: (input) => ({ on: true, true: true, '1': true, off: false, false: false, '0': false })[input.toLowerCase()],
  allowed: 'on or off',
})

const pairs = (env: string, description: string): Declaration<Readonly<Record<string, string>>> => ({
  env,
  description,
  default: {},
  defaultText: '',
  parse: parsePairs,
  allowed: 'name=value,name=value with values percent-encoded',
})

const names = (env: string, description: string): Declaration<readonly string[]> => ({
  env,
  description,
  default: [],
  defaultText: '',
  parse: (input) =>
    input
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  allowed: 'names separated by commas',
})

/** Every setting, in the order of the reference. */
export const agentSettings = {
  enabled: {
    ...text(
      'SPYGLASS_ENABLED',
      'auto',
      'Whether to record this process. `auto`: always when the agent is on the command line; when it comes from NODE_OPTIONS, not in package managers, compilers, test runners, linters, install scripts and programs without a file. `OTEL_SDK_DISABLED=true` means `off`.',
    ),
    parse: (input) => (/^(auto|on|off|true|false|1|0)$/i.test(input) ? input.toLowerCase() : undefined),
    allowed: 'auto, on or off',
  },
  serviceName: text(
    'OTEL_SERVICE_NAME',
    '',
    'Name of the service. Falls back to `service.name` in OTEL_RESOURCE_ATTRIBUTES, then to `unknown_service:node`.',
  ),
  resourceAttributes: pairs('OTEL_RESOURCE_ATTRIBUTES', 'Resource attributes of all telemetry, including `service.instance.id`.'),
  endpoint: text(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'http://127.0.0.1:4318',
    'Base URL of the collector; `/v1/traces`, `/v1/metrics` and `/v1/logs` are appended.',
  ),
  headers: pairs('OTEL_EXPORTER_OTLP_HEADERS', 'Headers sent with every export, such as credentials.'),
  certificate: text(
    'OTEL_EXPORTER_OTLP_CERTIFICATE',
    '',
    "File in PEM with the certificates that are trusted for exports over https: authorities, or the collector's own certificate, which is then trusted under any name. Default: the usual authorities.",
  ),
  clientCertificate: text('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', '', 'File in PEM with the certificate that exports are sent with.'),
  clientKey: text('OTEL_EXPORTER_OTLP_CLIENT_KEY', '', 'File in PEM with the key of that certificate.'),
  compression: {
    ...text('OTEL_EXPORTER_OTLP_COMPRESSION', '', 'Compression of exports: `gzip` or `none`.'),
    defaultText: 'gzip, none on the loopback address',
    parse: (input) => (['gzip', 'none', ''].includes(input) ? input : undefined),
    allowed: 'gzip or none',
  },
  propagators: {
    ...text(
      'OTEL_PROPAGATORS',
      'tracecontext,baggage',
      'How trace and baggage travel with calls, in both directions: a list of `tracecontext`, `baggage`, `b3`, `b3multi`, or `none`.',
    ),
    parse: (input) => {
      const names = input
        .toLowerCase()
        .split(',')
        .map((name) => name.trim())
      return names.every((name) => ['tracecontext', 'baggage', 'b3', 'b3multi', 'none'].includes(name)) ? names.join(',') : undefined
    },
    allowed: 'a list of tracecontext, baggage, b3, b3multi and none',
  },
  baggageAttributes: names(
    'SPYGLASS_BAGGAGE_ATTRIBUTES',
    'Keys of W3C Baggage, separated by commas, whose values become attributes of the root spans of requests. None by default.',
  ),
  slowRequestMs: {
    ...atLeast(0, {
      env: 'SPYGLASS_SLOW_REQUEST_MS',
      value: 0,
      description:
        'Traces of requests that take this long or longer are kept. 0: decided per route, by its own 99th percentile and at least 100 ms.',
    }),
  },
  slowStatementMs: atLeast(0, {
    env: 'SPYGLASS_SLOW_STATEMENT_MS',
    value: 100,
    description: 'The trace of a statement that takes this long or longer is kept.',
  }),
  keptPerSecond: atLeast(0, {
    env: 'SPYGLASS_KEPT_PER_SECOND',
    value: 5,
    description: 'Maximum number of traces kept per second; the others are counted as dropped. Aggregates count every request regardless.',
  }),
  baselinePerMinute: atLeast(0, {
    env: 'SPYGLASS_BASELINE_PER_MINUTE',
    value: 6,
    description: 'Number of ordinary requests kept per minute for comparison.',
  }),
  keepSecret: {
    ...text(
      'SPYGLASS_KEEP_SECRET',
      '',
      'A request that has this text in the header `spyglass-keep-secret` is kept, and what it calls as well. At least 16 characters. Without it nobody can force that.',
    ),
    parse: (input) => (input.length >= 16 ? input : undefined),
    allowed: 'at least 16 characters long',
  },
  heldBytes: atLeast(0, {
    env: 'SPYGLASS_HELD_BYTES',
    value: 4 << 20,
    description:
      'Maximum memory for ended requests whose caller may still be kept: they are then sent as well. They are held for six intervals of metrics. 0: none is held.',
  }),
  metricsIntervalMs: atLeast(100, {
    env: 'SPYGLASS_METRICS_INTERVAL_MS',
    value: 10_000,
    description: 'How often aggregates and metrics are sent.',
  }),
  partialAfterMs: atLeast(100, {
    env: 'SPYGLASS_PARTIAL_AFTER_MS',
    value: 5000,
    description: 'A request that has run for this long is sent as a partial record, and again when it ends.',
  }),
  logs: onOff(
    'SPYGLASS_LOGS',
    true,
    'Whether console and pino output is sent as log records. Trace ids are added to pino lines either way.',
  ),
  disabledInstrumentations: names(
    'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
    'Instrumentations to switch off, separated by commas: the names of the [reference](instrumentations.md), or `http` for server and client, as OpenTelemetry has it.',
  ),
  ignoredPaths: names(
    'SPYGLASS_IGNORED_PATHS',
    'Paths whose requests are neither recorded nor counted, such as health checks, separated by commas: `/health`, `/internal/*`. A star at the end stands for anything.',
  ),
  groupPaths: onOff(
    'SPYGLASS_GROUP_PATHS',
    true,
    'Whether requests without a route are named by their path, with placeholders for what looks like an identifier: `/orders/{id}`. At most 200 names.',
  ),
  capturedServerRequestHeaders: names(
    'OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST',
    'Headers of served requests that become attributes of their spans, separated by commas. Values of headers whose name is that of a secret are replaced.',
  ),
  capturedServerResponseHeaders: names('OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE', 'The same for the responses.'),
  capturedClientRequestHeaders: names('OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST', 'The same for calls to other services.'),
  capturedClientResponseHeaders: names('OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE', 'The same for the answers to calls.'),
  spool: onOff(
    'SPYGLASS_SPOOL',
    true,
    'Whether unsent telemetry is kept on disk while the process runs, so that a killed or crashed process loses nothing.',
  ),
  spoolFolder: {
    ...text(
      'SPYGLASS_SPOOL_FOLDER',
      '',
      'Folder of the spool. The collector of the machine, or the next start of the same application, sends what it holds.',
    ),
    defaultText:
      '$XDG_STATE_HOME/spyglass/spool, else ~/.local/state/spyglass/spool, else spyglass-UID/spool in the folder for temporary files',
  },
  sourceRoot: {
    ...text('SPYGLASS_SOURCE_ROOT', '', 'Folder that file names of the application are relative to.'),
    defaultText: 'the working directory',
  },
  spoolBytes: atLeast(65_536, {
    env: 'SPYGLASS_SPOOL_BYTES',
    value: 8 << 20,
    description: 'Maximum spool size of one process. The file is sparse: it uses only the space it needs.',
  }),
  explain: onOff(
    'SPYGLASS_EXPLAIN',
    false,
    'Whether the plans of slow statements of pg and mysql2 are asked for: plain `EXPLAIN` of one `SELECT`, read-only, on a connection of its own, each statement once an hour and six a minute. Text and parameters stay in the process.',
  ),
  cancelStatements: onOff(
    'SPYGLASS_CANCEL_STATEMENTS',
    false,
    'Whether the running statements of pg and mysql2 are cancelled with their request, from a connection of its own.',
  ),
  blockedLoop: onOff(
    'SPYGLASS_BLOCKED_LOOP',
    false,
    'Whether a helper thread watches the event loop: while it is blocked, the stack is taken and sent, and every kept request that waited names it. Costs 15 MB and 0.5 % of a core.',
  ),
  blockedLoopMs: atLeast(100, {
    env: 'SPYGLASS_BLOCKED_LOOP_MS',
    value: 200,
    description: 'How long the event loop is blocked before that is told.',
  }),
  profile: onOff(
    'SPYGLASS_PROFILE',
    false,
    'Whether kept requests have a profile of their time on the processor: 99 samples a second, by `@datadog/pprof`, which the application installs. Needs Node 24. Costs 16 MB and 1 µs for each request.',
  ),
  contextPath: text('SPYGLASS_CONTEXT_PATH', '', 'Path the application is mounted under; it is prepended to each route.'),
} as const satisfies Record<string, Declaration<unknown>>

export type AgentSettings = {
  readonly [K in keyof typeof agentSettings]: (typeof agentSettings)[K]['default'] extends infer T ? Widened<T> : never
}
type Widened<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : T

export interface ReadSettings {
  readonly settings: AgentSettings
  /** One sentence for each value that was not acceptable; its default is used. */
  readonly mistakes: readonly string[]
}

/** Reads the settings. A wrong value never keeps the application from starting: it is reported and its default used. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): ReadSettings {
  const settings: Record<string, unknown> = {}
  const mistakes: string[] = []
  for (const [name, declaration] of Object.entries<Declaration<unknown>>(agentSettings)) {
    const input = env[declaration.env]?.trim()
    const value = input ? declaration.parse(input) : declaration.default
    if (value === undefined) mistakes.push(mistakeOf(declaration, input))
    settings[name] = value ?? declaration.default
  }
  return { settings: settings as AgentSettings, mistakes }
}

/** Without the value of a secret. */
function mistakeOf({ env, allowed }: Declaration<unknown>, input: string | undefined): string {
  return env === agentSettings.keepSecret.env ? `${env} is not ${allowed}` : `${env} is ${JSON.stringify(input)}, which is not ${allowed}`
}

/** W3C Baggage form, as OpenTelemetry reads its environment: `a=b,c=d`, values percent-encoded. */
function parsePairs(input: string): Readonly<Record<string, string>> | undefined {
  const result: Record<string, string> = {}
  for (const pair of input.split(',')) {
    if (pair.trim() === '') continue
    const at = pair.indexOf('=')
    if (at < 1) return undefined
    const value = decoded(pair.slice(at + 1).trim())
    if (value === undefined) return undefined
    result[pair.slice(0, at).trim()] = value
  }
  return result
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined // reported as a mistake by the caller
  }
}

/** Whom the exports trust, and what they show of themselves. */
export const trustOf = ({ certificate, clientCertificate, clientKey }: AgentSettings): TrustFiles => ({
  trusted: certificate === '' ? [] : [certificate],
  certificate: clientCertificate || undefined,
  key: clientKey || undefined,
})
