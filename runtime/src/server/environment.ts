/** The environment of child processes: what a process needs to run, and nothing else from the keeper's environment. */
import { dirname, join, relative } from 'node:path'
import { attr, originAttributes } from '@spyglass/agent/contract'
import {
  certificateFiles,
  type DataFolder,
  ownPort,
  ownUrl,
  passwordPlaces,
  type ResourcesConfig,
  resourcesOf,
  type Secrets,
} from '@spyglass/process/checked-config'
import { instanceToken } from '@spyglass/process/access'
import { type ApplicationConfig, dataFolder, type SpyglassConfig } from '@spyglass/process/config'
import { version } from '../version.ts'
import { serverMark } from '../holder/predecessors.ts'

const PASSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|TERM|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE|NODE_DISABLE_COMPILE_CACHE|MALLOC_ARENA_MAX|SSL_CERT_(FILE|DIR)|(HTTPS?|NO)_PROXY|(https?|no)_proxy)$/

/** NODE_OPTIONS is not passed on: npm sets it for itself, and an application must not inherit it. */
export function baseEnvironment(from: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(from).filter((entry): entry is [string, string] => PASSED.test(entry[0]) && entry[1] !== undefined),
  )
}

/**
 * For every child: compiled modules are kept in the data folder unless another place is set, so that a process which runs from source
 * does not hold the 25 MB that strip its types (from its second start on), and a restart takes half the time.
 */
function childEnvironment({ root }: Pick<DataFolder, 'root'>): Record<string, string> {
  return { NODE_COMPILE_CACHE: join(root, 'cache', 'node'), ...standInEnvironment({ root }) }
}

/** For the stand-in, which has nothing to compile. The mark is what a later keeper finds the processes of a killed one by. */
export function standInEnvironment({ root }: Pick<DataFolder, 'root'>): Record<string, string> {
  return { ...baseEnvironment(), ...serverMark(root) }
}

/** For our own services: glibc would give each of their threads a heap of its own, up to eight for each core. */
export function serviceEnvironment(folder: Pick<DataFolder, 'root'>): Record<string, string> {
  return { MALLOC_ARENA_MAX: '2', ...childEnvironment(folder) }
}

/**
 * The engine's allocator keeps a profile of itself unless it is told otherwise (6 MB), and gives free pages back after a second instead
 * of five.
 */
export function storeEnvironment(folder: Pick<DataFolder, 'root'>): Record<string, string> {
  return { ...serviceEnvironment(folder), JE_MALLOC_CONF: 'prof:false,dirty_decay_ms:1000' }
}

export interface InstanceEnvironmentInput {
  readonly config: SpyglassConfig
  readonly folder: Pick<DataFolder, 'root'>
  readonly instance: string
  readonly applications: readonly ApplicationConfig[]
  /** Of their listener; none for a worker. */
  readonly port?: number | undefined
  /** UUID of the server. */
  readonly serverId: string
  readonly secrets: Pick<Secrets, 'internal'>
  /** What an application that is kept apart has instead. */
  readonly protection?: Readonly<Record<string, string>>
}

/** What the agent in an instance reads, then what the configuration adds for its applications. */
export function instanceEnvironment({
  config,
  folder,
  instance,
  applications,
  port,
  serverId,
  secrets,
  protection = {},
}: InstanceEnvironmentInput): Record<string, string> {
  const { agent } = config
  const own = applications.find(({ isolation }) => isolation !== 'shared')
  return {
    ...childEnvironment(folder),
    SPYGLASS_PROCESS: instance,
    OTEL_SERVICE_NAME: applications.length === 1 && applications[0] ? applications[0].name : config.server.name,
    OTEL_RESOURCE_ATTRIBUTES: baggageOf({
      ...originAttributes({ server: config.server.name, serverId, process: instance }),
      ...(own ? { [attr.application]: own.name, ...deploymentOf(own, folder) } : {}),
      'spyglass.version': version,
    }),
    ...exportEnvironment(config, secrets),
    ...(agent.slowRequestMs === undefined ? {} : { SPYGLASS_SLOW_REQUEST_MS: String(agent.slowRequestMs) }),
    SPYGLASS_SLOW_STATEMENT_MS: String(agent.slowStatementMs),
    ...(agent.explain ? { SPYGLASS_EXPLAIN: 'on' } : {}),
    ...(agent.cancelStatements ? { SPYGLASS_CANCEL_STATEMENTS: 'on' } : {}),
    SPYGLASS_KEPT_PER_SECOND: String(agent.keptPerSecond),
    SPYGLASS_BASELINE_PER_MINUTE: String(agent.baselinePerMinute),
    SPYGLASS_METRICS_INTERVAL_MS: String(agent.metricsIntervalMs),
    ...listEnvironment(agent),
    ...(agent.keepSecret === undefined ? {} : { SPYGLASS_KEEP_SECRET: agent.keepSecret }),
    SPYGLASS_LOGS: 'off', // the server log is tailed
    SPYGLASS_SPOOL_FOLDER: dataFolder(folder.root).spool,
    ...(own ? { SPYGLASS_SOURCE_ROOT: dirname(own.folder) } : {}), // `shop/src/index.ts:12`: with the name of its folder
    ...protection,
    ...passwordEnvironment(config, applications),
    ...(port === undefined ? {} : { PORT: String(port) }), // many programs listen on process.env.PORT and on nothing else
    NODE_ENV: 'production',
    ...Object.assign({}, ...applications.map(({ environment }) => environment)),
  }
}

/** Where the passwords of its resources are, if they are in the environment of the server. */
function passwordEnvironment(
  config: ResourcesConfig,
  applications: readonly ApplicationConfig[],
  from: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const variables = passwordPlaces(resourcesOf(config, applications)).flatMap(({ kind, place }) =>
    kind === 'file' ? [] : [kind === 'env' ? place : 'CREDENTIALS_DIRECTORY'],
  )
  return Object.fromEntries(variables.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])))
}

/** Nothing for an empty list: an application may have its own. */
function listEnvironment(agent: SpyglassConfig['agent']): Record<string, string> {
  const lists = {
    SPYGLASS_IGNORED_PATHS: agent.ignoredPaths,
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST: agent.capturedServerRequestHeaders,
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE: agent.capturedServerResponseHeaders,
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST: agent.capturedClientRequestHeaders,
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE: agent.capturedClientResponseHeaders,
  }
  return Object.fromEntries(Object.entries(lists).flatMap(([name, list]) => (list.length === 0 ? [] : [[name, list.join(',')]])))
}

/** Of an application whose code is a version that was deployed: `applications/NAME/N`. */
function deploymentOf({ name, folder }: ApplicationConfig, { root }: Pick<DataFolder, 'root'>): Record<string, string> {
  const inside = relative(join(root, 'applications', name), folder)
  const number = /^(\d+)(\/|$)/.exec(inside)?.[1]
  return number === undefined ? {} : { [attr.deployment]: number }
}

/** Where telemetry goes. Settings of our own collector are of no use to another's. */
function exportEnvironment(config: SpyglassConfig, secrets: Pick<Secrets, 'internal'>): Record<string, string> {
  if (config.agent.endpoint !== undefined) return { OTEL_EXPORTER_OTLP_ENDPOINT: config.agent.endpoint }
  const collector = ownPort(config, 'collector')
  const [certificate] = certificateFiles(collector)
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: ownUrl(collector),
    ...(certificate === undefined ? {} : { OTEL_EXPORTER_OTLP_CERTIFICATE: certificate }),
    // Also where nobody asks for it: the collector concludes more from what an instance sends than from what a stranger does.
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(`Bearer ${instanceToken(secrets)}`)}`,
  }
}

/** The form of OTEL_RESOURCE_ATTRIBUTES. */
const baggageOf = (attributes: Readonly<Record<string, string>>): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(',')
