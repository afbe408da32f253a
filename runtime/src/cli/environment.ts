/** The environment that children get: what a process needs to run, and nothing else that happens to stand in the keeper's. */
import type { ApplicationConfig, SpyglassConfig } from '@spyglass/agent/config'
import { version } from '../identity.ts'

const PASSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|TERM|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE|SSL_CERT_(FILE|DIR)|(HTTPS?|NO)_PROXY|(https?|no)_proxy)$/

/** NODE_OPTIONS is among what is left out: npm sets it for itself, and an application must not inherit it. */
export function baseEnvironment(from: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(from).filter((entry): entry is [string, string] => PASSED.test(entry[0]) && entry[1] !== undefined),
  )
}

/** libuv's threads are the store's queries: as many as there are sessions, and some for files (`design: the store`). */
export function storeEnvironment(config: SpyglassConfig): Record<string, string> {
  return { ...baseEnvironment(), UV_THREADPOOL_SIZE: String(config.store.readers + 10) }
}

export interface InstanceEnvironmentInput {
  readonly config: SpyglassConfig
  readonly instance: string
  readonly applications: readonly ApplicationConfig[]
}

/** What the agent in an instance reads, then what the configuration adds for its applications. */
export function instanceEnvironment({ config, instance, applications }: InstanceEnvironmentInput): Record<string, string> {
  const { agent, collector } = config
  return {
    ...baseEnvironment(),
    OTEL_SERVICE_NAME: applications.length === 1 && applications[0] ? applications[0].name : config.server.name,
    OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${instance},service.namespace=${config.server.name},spyglass.version=${version}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: agent.endpoint ?? `http://${collector.host}:${collector.otlpHttpPort}`,
    ...(agent.slowRequestMs === undefined ? {} : { SPYGLASS_SLOW_REQUEST_MS: String(agent.slowRequestMs) }),
    SPYGLASS_SLOW_STATEMENT_MS: String(agent.slowStatementMs),
    SPYGLASS_KEPT_PER_SECOND: String(agent.keptPerSecond),
    SPYGLASS_BASELINE_PER_MINUTE: String(agent.baselinePerMinute),
    SPYGLASS_METRICS_INTERVAL_MS: String(agent.metricsIntervalMs),
    SPYGLASS_LOGS: 'off', // the server log is tailed
    ...Object.assign({}, ...applications.map(({ environment }) => environment)),
  }
}
