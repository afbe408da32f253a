/** Gives an application with a user of its own what its install scripts need: the user, a home, and a way there. */
import { join } from 'node:path'
import type { DataFolder, SpyglassConfig } from '@spyglass/process/checked-config'
import { applicationUser, homeOf, makeHome, openDataFolder } from '@spyglass/process/isolation'
import { serverIdentity } from '@spyglass/process/server-identity'
import type { ApplicationOfUser, ArchiveLimits } from '../deployment/index.ts'

export interface RunScriptsOptions {
  readonly folder: DataFolder
  readonly application: ApplicationOfUser
  readonly config: SpyglassConfig
  readonly timeoutMs: number
  readonly limits: ArchiveLimits
}

/** `version`: folder of the code. Only root can act as another user; what another server deploys with such a level is refused later, with the reason. */
export async function runScripts(version: string, { folder, application, config, ...bounds }: RunScriptsOptions): Promise<string> {
  if (process.geteuid?.() !== 0) return ''
  const { name } = application
  const user = applicationUser(application, serverIdentity(folder))
  const home = homeOf(folder, name)
  const others = config.applications.filter(({ isolation }) => isolation === 'user').map((other) => other.name)
  openDataFolder(folder, [...others, name])
  makeHome(home, user)
  const { runInstallScripts } = await import('../deployment/install-scripts.ts') // nobody else needs what it loads
  return await runInstallScripts(version, { ...bounds, name, user, home, file: join(folder.uploads, 'install', `${name}.tar`) })
}
