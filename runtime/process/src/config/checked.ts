/**
 * Configuration and secrets as checked by the keeper at its start, handed to its children as JSON. A child that gets them loads
 * neither the schema nor a YAML parser, which cost 20 MB per process; a process that starts alone reads spyglass.yaml itself.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '@spyglass/agent/contract'
import { writeIfChanged } from '../durable-file/index.ts'
import { type DataFolder, ensureDataFolder, existingDataFolder } from './data-folder.ts'
import { fail } from './errors.ts'
import type { SpyglassConfig } from './schema.ts'
import type { Secrets } from './secrets.ts'

export { listenerAddress } from './listener-address.ts'
export type {
  ApplicationConfig,
  CacheConfig,
  DatasourceConfig,
  HostConfig,
  HttpClientConfig,
  ListenerConfig,
  JobsConfig,
  WorkerPoolConfig,
  MailServerConfig,
  RateLimitConfig,
  RealmConfig,
  RedisServerConfig,
  SessionConfig,
  SpyglassConfig,
} from './schema.ts'
export type { Secrets } from './secrets.ts'
export * from './application-logs.ts'
export * from './data-folder.ts'
export * from './instance-groups.ts'
export * from './locate-data.ts'
export * from './own-ports.ts'
export * from './port-offset.ts'
export * from './resources.ts'

export interface Checked {
  readonly config: SpyglassConfig
  readonly secrets: Secrets
}

/** What each of our own processes begins with. */
export interface ProcessConfig extends Checked {
  readonly folder: DataFolder
}

const CONFIG = 'config.json'
const SECRETS = 'secrets.json'

/**
 * Ensures that both are in the folder `run`, readable by its owner only. Existing files are not rewritten, so that processes
 * can be started while the disk is full.
 */
export function writeChecked(run: string, { config, secrets }: Checked): void {
  writeIfChanged(join(run, CONFIG), jsonOf(config))
  writeIfChanged(join(run, SECRETS), jsonOf(secrets))
}

/** The arguments that lead a child to them. */
export const checkedArguments = (run: string): readonly string[] => ['--checked', join(run, CONFIG)]

/** The file that {@link readChecked} reads; it is written again with each change. */
export const checkedFileIn = (run: string): string => join(run, CONFIG)

/** The configuration in the folder `run`; undefined when there is none or it is damaged. */
export function readChecked(run: string): SpyglassConfig | undefined {
  try {
    return readJson(join(run, CONFIG)) as SpyglassConfig
  } catch {
    return undefined
  }
}

/** Both in the folder `run`. @throws SPY_CONFIG_UNREADABLE, when no server has run there or this user may not read them */
export function readCheckedPair(run: string): Checked {
  return { config: readJson(join(run, CONFIG)) as SpyglassConfig, secrets: readJson(join(run, SECRETS)) as Secrets }
}

/**
 * The configuration by `--checked FILE`, or by `--config`, `--data` and `--port-offset`.
 * @throws SPY_CONFIG_…
 */
export async function configOfProcess(argv: readonly string[]): Promise<SpyglassConfig> {
  const file = checkedFile(argv)
  if (file !== undefined) return readJson(file) as SpyglassConfig
  const { configFromArguments } = await import('./load.ts')
  return configFromArguments(argv)
}

/**
 * The same with the data folder, in which what is missing is made, and the secrets.
 * @throws SPY_CONFIG_…, SPY_DATA_UNWRITABLE, SPY_SECRETS_INVALID
 */
export async function openProcessConfig(argv: readonly string[]): Promise<ProcessConfig> {
  const config = await configOfProcess(argv)
  const { data, logs } = config
  const file = checkedFile(argv)
  if (file !== undefined)
    return { config, folder: existingDataFolder(data, logs.folder), secrets: readJson(join(dirname(file), SECRETS)) as Secrets }
  const { ensureSecrets } = await import('./secrets.ts')
  const folder = ensureDataFolder(data, logs.folder)
  return { config, folder, secrets: ensureSecrets(folder.secrets) }
}

function checkedFile(argv: readonly string[]): string | undefined {
  const { checked } = parseArgs({ args: [...argv], options: { checked: { type: 'string' } }, strict: false }).values
  return typeof checked === 'string' ? checked : undefined
}

/** Not checked again: only the keeper writes it, in a folder that is closed to others. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw fail('SPY_CONFIG_UNREADABLE', [file, messageOf(error)], error)
  }
}

const jsonOf = (content: unknown): string => `${JSON.stringify(content, undefined, 2)}\n`
