/** What each level of isolation means for the processes of an application: flags, environment, user, places on disk. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  accessLogOf,
  certificateFiles,
  type DataFolder,
  type InstanceGroup,
  instanceNames,
  ownPort,
  passwordPlaces,
  type ResourcesConfig,
  resourcesOf,
  type SpyglassConfig,
} from '@spyglass/process/checked-config'
import {
  applicationUser,
  type Home,
  homeOf,
  makeHome,
  openAccessLog,
  openDataFolder,
  openVersion,
  type ProcessUser,
} from '@spyglass/process/isolation'
import type { RegistrySocket } from '@spyglass/process/keeper-link'
import { serverIdentity } from '@spyglass/process/server-identity'
import { agentRegisterUrl, ownEntry } from './part-scripts.ts'

export interface Protection {
  /** Flags of Node. */
  readonly flags: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly application?: SpyglassConfig['applications'][number]
  readonly home?: Home
  readonly accessLogFile?: string
  readonly user?: ProcessUser
  readonly socket?: RegistrySocket
}

const NONE: Protection = { flags: [], environment: {} }

interface Input {
  readonly config: SpyglassConfig
  readonly folder: DataFolder
}

/** @throws SPY_ISOLATION_USER when the configured user is gone since the check */
export function protectionOf(group: InstanceGroup, { config, folder }: Input): Protection {
  const [application] = group.applications
  if (!application || group.isolation === 'shared' || group.isolation === 'own') return NONE
  const home = homeOf(folder, application.name)
  const environment = environmentOf(home)
  const accessLogFile = accessLogOf(config, folder, application.name).file
  if (group.isolation === 'permission')
    return { application, accessLogFile, home, environment, flags: permissionFlags(group, { config, folder }, home) }
  const user = applicationUser(application, serverIdentity(folder))
  const name = application.user ?? String(user.uid)
  return {
    application,
    accessLogFile,
    home,
    user,
    flags: [],
    environment: { ...environment, USER: name, LOGNAME: name, SHELL: '/bin/sh' },
    socket: { path: join(folder.sockets, `${application.name}.sock`), sources: instanceNames(group), gid: user.gid },
  }
}

/** Makes what the processes need on disk, and closes the rest of the data folder to them. */
export function prepareProtections(protections: readonly Protection[], folder: DataFolder): void {
  const withUsers = protections.filter(({ user }) => user)
  if (withUsers.length > 0)
    openDataFolder(
      folder,
      withUsers.flatMap(({ application }) => application?.name ?? []),
    )
  for (const { application, accessLogFile, home, user } of protections) {
    if (!application || !home) continue
    makeHome(home, user)
    if (!user || accessLogFile === undefined) continue
    openAccessLog(accessLogFile, user)
    const versions = join(folder.root, 'applications', application.name)
    if (dirname(application.folder) === versions) openVersion(versions, application.folder, user)
  }
}

function environmentOf({ root, temporary, cache, spool }: Home): Readonly<Record<string, string>> {
  return { HOME: root, TMPDIR: temporary, NODE_COMPILE_CACHE: cache, SPYGLASS_SPOOL_FOLDER: spool }
}

/**
 * Node 24 has no permission for the network; the module loader resolves links, and `node:sqlite` and addons go past it
 * (https://nodejs.org/docs/latest-v24.x/api/permissions.html#permission-model-constraints).
 */
function permissionFlags({ applications, listener, reachedBy }: InstanceGroup, { config, folder }: Input, home: Home): readonly string[] {
  const [application] = applications
  const { allow = [], datasources = [], realms = [], workerPools = [] } = application ?? {}
  const of = (what: 'read' | 'write'): readonly string[] =>
    allow.filter((one) => one.startsWith(`${what}:`)).map((one) => one.slice(what.length + 1))
  const sources = config.datasources.filter(({ name }) => datasources.includes(name))
  const files = sources.flatMap(({ file }) => (file === undefined || file === ':memory:' ? [] : [file]))
  const log = accessLogOf(config, folder, application?.name ?? '').file
  const { certificates: shown, clientAuthorities = [] } = listener.tls
  const all = shown.flatMap(({ certificate, key }) => [certificate, key]).concat(clientAuthorities)
  const own = reachedBy === 'listener' ? all : [] // behind a router it has no use for keys
  const certificates = [...own, ...certificateFiles(ownPort(config, 'collector'))] // the agent trusts the collector by them
  const written = [home.root, log, join(folder.accessLogs, '_server.log'), ...files, ...of('write')]
  const read = [
    ...ownCode(),
    ...codeOf(application?.folder ?? ''),
    ...written,
    folder.accessLogs,
    ...certificates,
    ...passwordFiles(resourcesOf(config, applications)),
    ...config.realms
      .filter(({ name }) => realms.includes(name))
      .flatMap(({ file, module, ldap }) => [file, module, ldap.ca].filter((path) => path !== undefined)),
    ...of('read'),
  ]
  const others = (['child-process', 'worker', 'addons', 'wasi'] as const).filter((one) => allow.includes(one))
  const isThreaded = workerPools.length > 0 || sources.some(({ driver }) => driver === 'sqlite') // each connection to sqlite is a thread
  const needed = isThreaded && !others.includes('worker') ? ['worker'] : []
  return [
    '--permission',
    ...withLinks(read).map((path) => `--allow-fs-read=${path}`),
    ...withLinks(written).map((path) => `--allow-fs-write=${path}`),
    ...[...others, ...needed].map((one) => `--allow-${one}`),
  ]
}

/** What is read when a connection is opened. */
const passwordFiles = (resources: ResourcesConfig): readonly string[] =>
  passwordPlaces(resources).flatMap(({ kind, place }) => {
    if (kind === 'env') return []
    return [kind === 'file' ? place : join(process.env['CREDENTIALS_DIRECTORY'] ?? '', place)]
  })

/** The folders that the server's own modules are in: its package, the agent's, and those with the packages of both. */
function ownCode(): readonly string[] {
  const packages = [ownEntry('index'), fileURLToPath(agentRegisterUrl())].map((file) => dirname(dirname(file)))
  return packages.flatMap((folder) => [folder, ...packagesAbove(folder)])
}

/** The folder of an application, and the packages that are looked for above it. */
const codeOf = (folder: string): readonly string[] => [folder, ...packagesAbove(folder)]

/** What is looked for from there up to the root. Node also refuses to say that something is not there. */
function packagesAbove(folder: string): readonly string[] {
  const here = ['node_modules', 'node_modules/*', 'package.json', 'pnpm-workspace.yaml'].map((name) => join(folder, name))
  const above = dirname(folder)
  return above === folder ? here : [...here, ...packagesAbove(above)]
}

/** Node compares paths without their links. */
function withLinks(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => (existsSync(path) ? [path, realpathSync.native(path)] : [path])))]
}
