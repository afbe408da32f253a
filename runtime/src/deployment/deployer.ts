/** Deploys, rolls back and undeploys applications: versions of code on one side, the configuration on the other. */
import { isAbsolute } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import type { ApplicationConfig } from '@spyglass/process/checked-config'
import type { ActOptions, Administration, Caller, ChangeResult, Executors } from '../administration/index.ts'
import { applicationName } from './application-name.ts'
import { fail } from './errors.ts'
import type { Version, VersionStore } from './version-store.ts'

export interface DeployerOptions {
  readonly versions: VersionStore
  readonly administration: Pick<Administration, 'answer' | 'config'>
  /**
   * Settles when the application runs as it is configured now.
   * @throws why it does not
   */
  readonly applied: (application: string) => Promise<void>
}

export interface Deployment {
  /** A folder or archive. */
  readonly source: string
  readonly name?: string | undefined
  /** Settings of the application; `folder` is that of the version. */
  readonly settings?: Readonly<Record<string, unknown>>
}

export class Deployer {
  readonly #options: DeployerOptions

  constructor(options: DeployerOptions) {
    this.#options = options
  }

  /**
   * Resolves with what was done. If the version does not become ready, configuration and service are as before.
   * @throws SPY_DEPLOY_…, SPY_ARCHIVE_…, SPY_CONFIG_INVALID, or why it did not become ready
   */
  async deploy({ source, name: given, settings = {} }: Deployment, actor: string): Promise<string> {
    if (!isAbsolute(source)) throw fail('SPY_DEPLOY_SOURCE', [source, 'it is not an absolute path'])
    const { versions } = this.#options
    const name = applicationName(source, given)
    const version = await versions.add(name, source, actor)
    try {
      await this.#putIntoService(name, { ...settings, folder: version.folder }, { actor, reason: `deploy version ${version.version}` })
    } catch (error) {
      await versions.remove(name, version)
      throw error
    }
    await versions.prune(name, ({ folder }) => folder === version.folder || folder === this.#configured(name)?.folder)
    return `deployed version ${version.version} of ${name}`
  }

  /** @throws SPY_VERSION_UNKNOWN, or why the version did not become ready */
  async rollback(name: string, wanted: number | undefined, actor: string): Promise<string> {
    const version = wanted === undefined ? this.#previous(name) : this.#options.versions.find(name, wanted)
    await this.#putIntoService(name, { folder: version.folder }, { actor, reason: `roll back to version ${version.version}` })
    return `rolled back ${name} to version ${version.version}`
  }

  async undeploy(name: string, actor: string): Promise<string> {
    await this.#ask({ verb: 'delete', name: nameOf(name) }, { actor, reason: 'undeploy' })
    await this.#options.applied(name)
    return `undeployed ${name}`
  }

  /** One line for each version, oldest first. */
  versions(name: string): readonly string[] {
    const folder = this.#configured(name)?.folder
    return this.#options.versions.list(name).map((version) => lineOf(version, version.folder === folder))
  }

  #previous(name: string): Version {
    const all = this.#options.versions.list(name)
    const at = all.findIndex(({ folder }) => folder === this.#configured(name)?.folder)
    const before = at < 0 ? all.at(-1) : all[at - 1]
    if (before) return before
    throw fail('SPY_VERSION_UNKNOWN', [name, 'before the present one', all.map(({ version }) => version).join(', ') || 'none'])
  }

  #configured(name: string): ApplicationConfig | undefined {
    return this.#options.administration.config.applications.find((application) => application.name === name)
  }

  /** Changes the configuration, and takes the change back if the application does not run with it. */
  async #putIntoService(name: string, settings: Readonly<Record<string, unknown>>, act: Act): Promise<void> {
    const changes = [...(await this.#addHost(settings, act)), await this.#configure(name, settings, act)]
    try {
      await this.#options.applied(name)
    } catch (error) {
      for (const change of changes.toReversed()) await this.#takeBack(change, act)
      throw error
    }
  }

  /** An unknown host is created. */
  async #addHost({ host }: Readonly<Record<string, unknown>>, act: Act): Promise<readonly ChangeResult[]> {
    const { hosts } = this.#options.administration.config
    if (typeof host !== 'string' || host === 'server' || hosts.some(({ name }) => name === host)) return []
    return [await this.#ask({ verb: 'create', name: `hosts.${escaped(host)}`, values: {} }, act)]
  }

  #configure(name: string, settings: Readonly<Record<string, unknown>>, act: Act): Promise<ChangeResult> {
    if (!this.#configured(name)) {
      const values = { contextPath: `/${name}`, ...settings }
      return this.#ask({ verb: 'create', name: nameOf(name), values }, act)
    }
    const values = Object.entries(settings).map(([setting, value]) => [`${nameOf(name)}.${setting}`, value])
    return this.#ask({ verb: 'set', values: Object.fromEntries(values) as Readonly<Record<string, unknown>> }, act)
  }

  async #takeBack({ change }: ChangeResult, act: Act): Promise<void> {
    if (change === undefined) return
    try {
      await this.#ask({ verb: 'undo', change }, { ...act, reason: `${act.reason}: it did not become ready` })
    } catch (error) {
      if (codeOf(error) !== 'SPY_ADMIN_CHANGE_UNKNOWN') throw error // somebody else has taken it back
    }
  }

  async #ask(request: Changing, { actor, reason }: Act): Promise<ChangeResult> {
    const caller: Caller = { actor, role: 'administrator' } // the role was checked for the operation as a whole
    const options: ActOptions = { reason }
    return await this.#options.administration.answer({ ...request, options }, caller)
  }
}

interface Act {
  readonly actor: string
  readonly reason: string
}

type Changing =
  | { readonly verb: 'create'; readonly name: string; readonly values: Readonly<Record<string, unknown>> }
  | { readonly verb: 'set'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly verb: 'delete'; readonly name: string }
  | { readonly verb: 'undo'; readonly change: number }

/** The operations as they are declared. */
export function deploymentOperations(deployer: () => Deployer): Executors {
  return {
    'server.deploy': ({ arguments: { source, name, settings }, actor }) => {
      const deployment = { source: String(source), name: name as string | undefined, settings: (settings ?? {}) as Record<string, unknown> }
      return deployer().deploy(deployment, actor)
    },
    'application.versions': async ({ keys }) => deployer().versions(keys['name'] ?? ''),
    'application.rollback': ({ keys, arguments: { version }, actor }) =>
      deployer().rollback(keys['name'] ?? '', version as number | undefined, actor),
    'application.undeploy': ({ keys, actor }) => deployer().undeploy(keys['name'] ?? '', actor),
  }
}

const escaped = (part: string): string => part.replaceAll(/[\\.*]/g, String.raw`\$&`)
const nameOf = (application: string): string => `applications.${escaped(application)}`

function lineOf({ version, deployed, actor, origin, packageVersion = '-' }: Version, isPresent: boolean): string {
  return `${isPresent ? '*' : ' '} ${version}  ${packageVersion}  ${new Date(deployed).toISOString()} by ${actor}  from ${origin}`
}
