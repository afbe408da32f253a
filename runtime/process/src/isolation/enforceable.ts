/** Whether this machine can enforce the isolation that the applications ask for. What it cannot is refused: never is a weaker level used instead. */
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { messageOf } from '@spyglass/agent/contract'
import type { ApplicationConfig, SpyglassConfig } from '../settings/index.ts'
import { certificateFiles, ownPort } from '../config/own-ports.ts'
import { dataFolder } from '../config/data-folder.ts'
import { instanceGroups } from '../config/instance-groups.ts'
import { knownIdentity } from '../server-identity/index.ts'
import { deniedTo, type Wish } from './access-probe.ts'
import { applicationUser, type ProcessUser } from './application-user.ts'
import { fail } from './errors.ts'

/**
 * `config` has absolute paths.
 * @throws SPY_ISOLATION_UNAVAILABLE with every reason
 */
export function requireIsolation(config: SpyglassConfig): void {
  if (!config.applications.some(({ isolation, enabled }) => enabled && isolation === 'user')) return
  const serverId = knownIdentity(dataFolder(config.data)) ?? ''
  const taken = new Map<number, string>()
  const reasons = config.applications.flatMap((application, at) => {
    if (!application.enabled || application.isolation !== 'user') return []
    return reasonsAgainst(application, config, { serverId, taken }).map(
      (reason) => `  applications[${at}].isolation (${application.name}): ${reason}`,
    )
  })
  if (reasons.length > 0) throw fail('SPY_ISOLATION_UNAVAILABLE', [reasons.join('\n')])
}

interface Others {
  readonly serverId: string
  /** Applications by the users that they have. */
  readonly taken: Map<number, string>
}

function reasonsAgainst(application: ApplicationConfig, config: SpyglassConfig, { serverId, taken }: Others): readonly string[] {
  const own = process.geteuid?.()
  if (own !== 0) return [`"user" needs a server that runs as root; this one runs as user ${own ?? '?'}. Use own or permission`]
  let user: ProcessUser
  try {
    user = applicationUser(application, serverId)
  } catch (error) {
    return [messageOf(error)]
  }
  const other = taken.get(user.uid)
  if (other !== undefined) return [`application ${other} has the same user ${user.uid}: each needs its own`]
  taken.set(user.uid, application.name)
  return [...deniedTo(user, wishesOf(application, config)), ...unsafeLogs(application, user)]
}

/** The server writes, renames and compresses logs as root: never where the application could put a link in the place of one. */
function unsafeLogs({ accessLog, outputFile }: ApplicationConfig, user: ProcessUser): readonly string[] {
  return [accessLog.file, outputFile].flatMap((file) => {
    if (file === undefined || deniedTo(user, [{ path: dirname(file), to: 'write' }]).length > 0) return []
    return [`its log ${file} would be in a folder that user ${user.uid} can write to. Choose one that only root can write to`]
  })
}

/** What its processes need besides what the server makes for them in the data folder. */
function wishesOf(application: ApplicationConfig, config: SpyglassConfig): readonly Wish[] {
  const { data, listeners, datasources, logs } = config
  const isOurs = (path: string): boolean => path === data || path.startsWith(`${data}/`)
  const read = [fileURLToPath(new URL('../../package.json', import.meta.url)), ...(isOurs(application.folder) ? [] : [application.folder])]
  const isServing = instanceGroups(config).some(
    ({ reachedBy, applications }) => reachedBy === 'listener' && applications.includes(application),
  )
  const certificates = listeners
    .filter(({ name }) => isServing && name === application.listener)
    .flatMap(({ tls }) => tls.certificates.flatMap(({ certificate, key }) => [certificate, key]).concat(tls.clientAuthorities ?? []))
    .concat(certificateFiles(ownPort(config, 'collector'))) // the agent trusts the collector by them
  const files = datasources.flatMap(({ name, file }) =>
    application.datasources.includes(name) && file !== undefined && file !== ':memory:' ? [{ name, file }] : [],
  )
  const homes = join(data, 'homes', application.name)
  const outside = files.filter(({ file }) => !file.startsWith(`${homes}/`))
  return [
    { path: process.execPath, to: 'execute' },
    { path: dirname(data), to: 'pass through' },
    ...[...read, ...certificates].map((path): Wish => ({ path, to: 'read' })),
    ...outside.map(({ name, file }): Wish => ({
      path: dirname(file),
      to: 'write',
      advice: `For datasource ${name} choose a file in its home: file: homes/${application.name}/${name}.db`,
    })),
    ...(application.accessLog.file === undefined ? [] : [{ path: dirname(application.accessLog.file), to: 'pass through' } as const]),
    ...(logs.folder === undefined || isOurs(logs.folder) ? [] : [{ path: logs.folder, to: 'pass through' } as const]),
  ]
}

/**
 * Folders of applications with a user of their own that every user of the machine can read, as remarks: a version that was deployed is closed, a folder
 * that the configuration names has the modes that its owner gave it. `config` has absolute paths.
 */
export function isolationRemarks({ applications, data }: SpyglassConfig): readonly string[] {
  return applications
    .filter(({ enabled, isolation, folder }) => enabled && isolation === 'user' && !folder.startsWith(`${data}/`) && isOpen(folder))
    .map(
      ({ name, folder }) =>
        `application ${name} has a user of its own, but every user of this machine can read its folder ${folder}. Deploy it with spyglass deploy, or close the folder to others`,
    )
}

const isOpen = (folder: string): boolean => ((statSync(folder, { throwIfNoEntry: false })?.mode ?? 0) & 0o005) === 0o005
