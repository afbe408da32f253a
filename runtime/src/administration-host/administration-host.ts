/**
 * Brings administration, users, tokens and deployment together behind the administration socket. The process that decides what runs hosts it, and
 * gives it two things to do: take in a configuration, and say when an application runs with it.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { damagedIdentities, identitiesFile } from '@spyglass/process/access'
import { consoleUrl, type DataFolder, type Secrets, type SpyglassConfig } from '@spyglass/process/checked-config'
import type { SettingsInput } from '@spyglass/process/config'
import type { Consequences, DamageReporter } from '@spyglass/process/durable-file'
import { homeOf } from '@spyglass/process/isolation'
import { formatName } from '@spyglass/process/settings'
import { ADMIN_SOCKET, adminSocketFile, managementSocketFile, serveAdministration } from '@spyglass/process/admin-socket'
import {
  type Administration,
  type ChangeListener,
  damagedChanges,
  type Executors,
  identityOperations,
  openAdministration,
} from '../administration/index.ts'
import { administrationMethods } from './administration-methods.ts'
import { forwardedMethods } from './forwarded-methods.ts'
import { growingLists } from './growing-lists.ts'
import { AutoDeployer, Deployer, deploymentOperations, VersionStore } from '../deployment/index.ts'
import { profileOperation } from './profile-operation.ts'
import { resourceOperations } from './resource-operations.ts'
import { runScripts } from './run-scripts.ts'

export interface AdministrationHostOptions {
  readonly folder: DataFolder
  readonly secrets: Pick<Secrets, 'console' | 'clickhouse'>
  /** What the server was started with, and the settings and configuration that this gave with the changes made before. */
  readonly input: SettingsInput
  readonly settings: SpyglassConfig
  readonly config: SpyglassConfig
  /** Reads spyglass.yaml again, as it is now. */
  readonly readAgain: () => Promise<SettingsInput>
  /** Takes in a changed configuration. */
  readonly onConfig: ChangeListener
  /** Gives an application, an instance or, for an empty name, all instances a new generation. Resolves with what was done. */
  readonly reload: (name: string) => Promise<string>
  /** Has an instance carry out an operation of its resource. */
  readonly ask: (instance: string, operation: string, given: Readonly<Record<string, unknown>>, answerMs?: number) => Promise<unknown>
  /** Settles when an application runs as it is configured now. */
  readonly applied: (application: string) => Promise<void>
  readonly onDamage: DamageReporter
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

export interface AdministrationHost {
  readonly administration: Administration
  /** Closes the socket; changes that are being made are finished. */
  close(): Promise<void>
}

/** @throws SPY_LOCAL_LISTEN, SPY_LOCAL_PATH */
export async function hostAdministration(options: AdministrationHostOptions): Promise<AdministrationHost> {
  const { folder, input, settings, config, readAgain, onConfig, onDamage, reload, log } = options
  mkdirSync(folder.administration, { recursive: true, mode: 0o700 })
  const administration = openAdministration({
    folder: folder.administration,
    input,
    started: { settings, config },
    rules: () => import('@spyglass/process/config'),
    readAgain,
    executors: {
      ...reloads(reload),
      ...identities(options),
      ...deploymentOperations(() => deployer),
      ...logs(folder),
      ...asked(options),
      ...resourceOperations({ ...options, config: () => administration.config }),
      ...profileOperation({ ...options, consoleUrl: () => consoleUrl(administration.config) }),
    },
    isUploaded: (file) => isUploaded(folder, file),
    onDamage: onDamage(damagedChanges),
    onProblem: (message) => log.warn({}, message),
  })
  const { deployer, automatic } = await deployment(administration, options)
  const unsubscribe = administration.onChange(onConfig)
  const socket = await serveAdministration({
    file: adminSocketFile(folder.run),
    inheritedAs: ADMIN_SOCKET,
    methods: {
      ...administrationMethods(administration),
      ...forwardedMethods(['read', 'names'], managementSocketFile(folder.run)),
      reload: async ({ instance = '' }, { user: actor, role }) => {
        const name = reloadOf(String(instance), administration.config)
        return (await administration.answer({ verb: 'invoke', name }, { actor, role })).result
      },
    },
    onFault: (error, method) => log.error({ err: String(error), method }, 'an administration request failed'),
  })
  automatic?.start()
  return {
    administration,
    async close() {
      automatic?.stop()
      unsubscribe()
      await socket.close()
      administration.stop()
    },
  }
}

/** Deploys on command, and what is put into the auto-deploy folder, if there is one. */
async function deployment(
  administration: Administration,
  { folder, config, applied, onDamage, log }: AdministrationHostOptions,
): Promise<{ readonly deployer: Deployer; readonly automatic: AutoDeployer | undefined }> {
  const applications = join(folder.root, 'applications')
  mkdirSync(applications, { recursive: true, mode: 0o755 })
  const { autoDeployFolder, autoDeployIntervalMs, keptVersions } = config.deployment
  const versions = new VersionStore({
    root: applications,
    keep: keptVersions,
    onDamage: onDamage(damagedVersions),
    onProblem: (message) => log.warn({}, message),
  })
  await clearVersions(versions, config, log)
  const deployer = new Deployer({
    versions,
    administration,
    applied,
    madeFor: (application) => [homeOf(folder, application).root, join(folder.accessLogs, `${application}.log`)],
    isUploaded: (file) => isUploaded(folder, file),
    packageCache: join(folder.root, 'package-cache'),
    runScripts: async (application, version, bounds) =>
      await runScripts(version, { ...bounds, folder, application, config: administration.config }),
    log,
  })
  if (autoDeployFolder === undefined) return { deployer, automatic: undefined }
  const automatic = new AutoDeployer({
    folder: autoDeployFolder,
    dataRoot: folder.root,
    stateFile: join(applications, 'auto-deploy.json'),
    intervalMs: autoDeployIntervalMs,
    deployer,
    onDamage: onDamage(damagedAutoDeploy),
    log,
  })
  return { deployer, automatic }
}

const isUploaded = ({ uploads }: DataFolder, file: string): boolean => resolve(file).startsWith(`${uploads}/`)

/** What is left of deployments that were killed. Never throws: it costs only space. */
async function clearVersions(
  versions: VersionStore,
  { applications }: SpyglassConfig,
  log: AdministrationHostOptions['log'],
): Promise<void> {
  try {
    await versions.clear(applications.map(({ folder }) => folder))
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'cannot remove what is left of deployments that were ended')
  }
}

/** The operation that reloads an application, a process or, for an empty name, everything. */
function reloadOf(name: string, { applications }: SpyglassConfig): string {
  if (name === '') return 'server.reload'
  const kind = applications.some((application) => application.name === name) ? 'applications' : 'instance'
  return formatName([kind, name, 'reload'])
}

function reloads(reload: (name: string) => Promise<string>): Executors {
  return {
    'server.reload': () => reload(''),
    'application.reload': ({ keys }) => reload(keys['name'] ?? ''),
    'instance.reload': ({ keys }) => reload(keys['name'] ?? ''),
  }
}

/** A receiver has 30 s to answer a test. */
const TEST_PAGE_MS = 35_000

/** What only the process itself can do. */
function asked({ ask }: AdministrationHostOptions): Executors {
  const executor =
    (operation: string): Executors[string] =>
    async ({ keys, arguments: given }) =>
      await ask(keys['name'] ?? '', operation, given)
  const ofCollector =
    (operation: string): Executors[string] =>
    async ({ arguments: given, actor }) =>
      await ask('collector', operation, { ...given, actor })
  return {
    ...Object.fromEntries(
      ['acknowledge', 'note', 'rehearse', 'silences', 'silence', 'expireSilence'].map((operation) => [
        `alert.${operation}`,
        ofCollector(operation),
      ]),
    ),
    'receiver.test': async ({ keys, actor }) =>
      await ask('collector', 'testReceiver', { receiver: keys['name'] ?? '', actor }, TEST_PAGE_MS),
    'instance.runningRequests': executor('runningRequests'),
    'instance.cancelRequest': executor('cancelRequest'),
  }
}

const logs = ({ run }: DataFolder): Executors =>
  growingLists(['server.logs', 'application.logs', 'instance.logs'], managementSocketFile(run))

function identities({ folder, secrets, onDamage }: AdministrationHostOptions): Executors {
  const reserved = [secrets.console.user, secrets.clickhouse.reader.user]
  return identityOperations({ file: identitiesFile(folder), onDamage: onDamage(damagedIdentities), reserved })
}

const damagedVersions: Consequences = {
  fromPrevious: 'the list of versions from before the last deployment was restored',
  lost: 'the versions that were kept cannot be rolled back to; what runs goes on',
}

const damagedAutoDeploy: Consequences = {
  fromPrevious: 'what was known of the auto-deploy folder before the last look was restored',
  lost: 'everything in the auto-deploy folder is deployed again as a new version',
}
