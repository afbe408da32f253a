/** Reads spyglass.yaml into the effective configuration: defaults filled in, paths absolute, port offset applied. */
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fail } from './errors.ts'
import { secretKey, withDecrypted } from '../encrypted-value/index.ts'
import { crossMistakes, folderMistakes, type Mistake, mistakesOf } from './mistakes.ts'
import { parseOffset } from './port-offset.ts'
import { readYaml } from './read-yaml.ts'
import { type ApplicationConfig, type ListenerConfig, SpyglassConfig } from './schema.ts'

export interface LoadOptions {
  /** Configuration file. Default: built-in defaults only. */
  readonly file?: string | undefined
  /** Overrides `data`; relative to the working directory. */
  readonly data?: string | undefined
  /** Overrides `portOffset`. */
  readonly portOffset?: number | undefined
  /** Settings that the file overrides: the demo's applications, for instance. */
  readonly base?: Readonly<Record<string, unknown>>
  /** Also checks what the start of a server needs on this machine: the folders of its applications. */
  readonly toStart?: boolean
}

/** Settings as a file has them. */
export type Settings = Readonly<Record<string, unknown>>

/** What a configuration is made of before it is checked; each layer wins over those before it. */
export interface SettingsInput {
  /** The file, as messages name it. */
  readonly origin: string
  /** Folder that relative paths start from. */
  readonly from: string
  readonly base: Settings
  readonly file: Settings
  readonly commandLine: Settings
}

/** @throws SPY_CONFIG_UNREADABLE, SPY_CONFIG_INVALID */
export function readSettings(options: LoadOptions = {}): SettingsInput {
  return {
    origin: options.file ?? '(defaults)',
    from: options.file === undefined ? process.cwd() : dirname(resolve(options.file)),
    base: options.base ?? {},
    file: options.file === undefined ? {} : readYaml(options.file),
    commandLine: overrides(options),
  }
}

/** All layers as one, section by section. */
export const mergedSettings = ({ base, file, commandLine }: SettingsInput): Settings => ({ ...laidOver(base, file), ...commandLine })

/**
 * The settings with defaults filled in, and otherwise as they were given.
 * @throws SPY_SECRET_…; SPY_CONFIG_INVALID with every error listed
 */
export function checkedSettings(given: Settings, { origin, from, toStart = false, nameOf }: CheckOptions): SpyglassConfig {
  const invalid = (mistakes: readonly Mistake[]): Error => fail('SPY_CONFIG_INVALID', [origin, mistakes.length, list(mistakes, nameOf)])
  const settings = withDecrypted(given, secretKey, origin)
  const parsed = SpyglassConfig.safeParse(settings)
  if (!parsed.success) throw invalid(mistakesOf(parsed.error, settings))
  const mistakes = [...crossMistakes(parsed.data), ...(toStart ? folderMistakes(withAbsolutePaths(parsed.data, from)) : [])]
  if (mistakes.length > 0) throw invalid(mistakes)
  return parsed.data
}

export interface CheckOptions extends Pick<SettingsInput, 'origin' | 'from'>, Pick<LoadOptions, 'toStart'> {
  /** What messages call the path of a setting. Default: as it is in the file, `applications[4].replicas`. */
  readonly nameOf?: (path: string) => string
}

/** What the processes get: absolute paths, and the port offset applied. */
export const effectiveConfig = (settings: SpyglassConfig, from: string): SpyglassConfig => withOffset(withAbsolutePaths(settings, from))

/**
 * The effective configuration.
 * @throws SPY_CONFIG_UNREADABLE, or SPY_CONFIG_INVALID with every error listed.
 */
export function loadConfig(options: LoadOptions = {}): SpyglassConfig {
  const input = readSettings(options)
  return effectiveConfig(checkedSettings(mergedSettings(input), { ...input, ...options }), input.from)
}

/** Reads `--config FILE`, `--data DIR` and `--port-offset N`, which all our processes accept. */
export function configFromArguments(argv: readonly string[]): SpyglassConfig {
  const { values } = parseArgs({
    args: [...argv],
    options: { config: { type: 'string' }, data: { type: 'string' }, 'port-offset': { type: 'string' } },
    strict: false,
  })
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  return loadConfig({ file: text(values.config), data: text(values.data), portOffset: parseOffset(text(values['port-offset'])) })
}

/** Merges `upper` over `lower`, section by section; lists and single values are replaced. */
function laidOver(lower: Settings, upper: Settings): Settings {
  const merged = Object.entries(upper).map(([key, value]) => {
    const below = Object.hasOwn(lower, key) ? lower[key] : undefined
    return [key, isSection(below) && isSection(value) ? laidOver(below, value) : value]
  })
  return { ...lower, ...Object.fromEntries(merged) }
}

const isSection = (value: unknown): value is Settings => typeof value === 'object' && value !== null && !Array.isArray(value)

function overrides({ data, portOffset }: LoadOptions): Record<string, unknown> {
  return { ...(data === undefined ? {} : { data: resolve(data) }), ...(portOffset === undefined ? {} : { portOffset }) }
}

function withAbsolutePaths(config: SpyglassConfig, from: string): SpyglassConfig {
  const data = resolve(from, config.data)
  return {
    ...config,
    data,
    logs: { ...config.logs, ...(config.logs.folder === undefined ? {} : { folder: resolve(from, config.logs.folder) }) },
    deployment: withAbsoluteFolder(config.deployment, from),
    alerting: withAlertingFiles(config.alerting, from),
    listeners: config.listeners.map((listener) => withTlsFiles(listener, from)),
    management: withTlsFiles(config.management, from),
    collector: withTlsFiles(config.collector, from),
    store: withTlsFiles(config.store, from),
    console: withTlsFiles(config.console, from),
    applications: config.applications.map((application) => withApplicationPaths(application, from)),
    realms: config.realms.map((realm) => withRealmPaths(realm, data)),
    datasources: config.datasources.map((source) =>
      source.file === undefined || source.file === ':memory:' ? source : { ...source, file: resolve(data, source.file) },
    ),
  }
}

function withRealmPaths(realm: SpyglassConfig['realms'][number], data: string): SpyglassConfig['realms'][number] {
  const { file, module, ldap } = realm
  return {
    ...realm,
    ...(file === undefined ? {} : { file: resolve(data, file) }),
    ...(module === undefined ? {} : { module: resolve(data, module) }),
    ...(ldap.ca === undefined ? {} : { ldap: { ...ldap, ca: resolve(data, ldap.ca) } }),
  }
}

function withApplicationPaths(application: ApplicationConfig, from: string): ApplicationConfig {
  const { folder, accessLog, outputFile } = application
  return {
    ...application,
    folder: resolve(from, folder),
    accessLog: accessLog.file === undefined ? accessLog : { ...accessLog, file: resolve(from, accessLog.file) },
    ...(outputFile === undefined ? {} : { outputFile: resolve(from, outputFile) }),
  }
}

function withAbsoluteFolder({ autoDeployFolder, ...deployment }: SpyglassConfig['deployment'], from: string): SpyglassConfig['deployment'] {
  return autoDeployFolder === undefined ? deployment : { ...deployment, autoDeployFolder: resolve(from, autoDeployFolder) }
}

function withAlertingFiles({ rules, ...alerting }: SpyglassConfig['alerting'], from: string): SpyglassConfig['alerting'] {
  const receivers = alerting.receivers.map((receiver) =>
    receiver.authorities === undefined ? receiver : { ...receiver, authorities: resolve(from, receiver.authorities) },
  )
  return { ...alerting, receivers, ...(rules === undefined ? {} : { rules: resolve(from, rules) }) }
}

function withTlsFiles<T extends { tls: ListenerConfig['tls'] }>(section: T, from: string): T {
  const { clientAuthorities } = section.tls
  const certificates = section.tls.certificates.map((files) => ({
    ...files,
    certificate: resolve(from, files.certificate),
    key: resolve(from, files.key),
  }))
  const authorities = clientAuthorities === undefined ? {} : { clientAuthorities: resolve(from, clientAuthorities) }
  return { ...section, tls: { ...section.tls, certificates, ...authorities } }
}

function withOffset({ portOffset, ...config }: SpyglassConfig): SpyglassConfig {
  const moved = (address: string): string => address.replace(/\d+$/, (port) => String(Number(port) + portOffset))
  const further = <T extends { addresses: string[] }>(part: T): T => ({ ...part, addresses: part.addresses.map(moved) })
  const shift = <T extends { port: number }>(part: T): T => ({ ...part, port: part.port + portOffset })
  return {
    ...config,
    portOffset: 0,
    listeners: config.listeners.map((listener) => further(shift(listener))),
    management: further(shift(config.management)),
    collector: further({ ...config.collector, otlpHttpPort: config.collector.otlpHttpPort + portOffset }),
    store: further(shift(config.store)),
    console: further(shift(config.console)),
    snmp: shift(config.snmp),
  }
}

const list = (mistakes: readonly Mistake[], nameOf: (path: string) => string = String): string =>
  mistakes.map(({ path, message }) => `  ${nameOf(path)}: ${message}`).join('\n')
