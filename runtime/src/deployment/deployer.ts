/** Deploys, rolls back and undeploys applications: versions of code on one side, the configuration on the other. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { ApplicationConfig } from '@spyglass/process/checked-config'
import { formatName } from '@spyglass/process/settings'
import type { ActOptions, Administration, Caller, ChangeResult, Executors } from '../administration/index.ts'
import { applicationName } from './application-name.ts'
import type { ArchiveLimits } from './archive/entry.ts'
import { fail } from './errors.ts'
import { installPackages } from './install.ts'
import { Turns } from './turns.ts'
import type { Version, VersionStore } from './version-store.ts'

export interface DeployerOptions {
  readonly versions: VersionStore
  readonly administration: Pick<Administration, 'answer' | 'config' | 'settings'>
  /**
   * Settles when the application runs as it is configured now.
   * @throws why it does not
   */
  readonly applied: (application: string) => Promise<void>
  /** Files and folders that the server makes for an application besides its versions. Of a refused first deployment they are removed. */
  readonly madeFor: (application: string) => readonly string[]
  /** Folder of the cache of packages that are installed. */
  readonly packageCache: string
  /** Runs the install scripts of an application that has a user of its own, as that user. Resolves with what they said. */
  readonly runScripts: (
    application: ApplicationOfUser,
    folder: string,
    bounds: { timeoutMs: number; limits: ArchiveLimits },
  ) => Promise<string>
  /** Whether a source is an archive that a client sent, which has a path of ours. */
  readonly isUploaded: (source: string) => boolean
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

export interface Deployment {
  /** A folder or archive. */
  readonly source: string
  /** What the user calls it. Default: the source. */
  readonly origin?: string | undefined
  readonly name?: string | undefined
  /** Settings of the application; `folder` is that of the version, and `listener` may be a port. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** An application with `isolation: user`. */
export interface ApplicationOfUser {
  readonly name: string
  readonly user?: string | undefined
}

export class Deployer {
  readonly #options: DeployerOptions
  /** One deployment, rollback or removal of an application after the other. */
  readonly #turns = new Turns()

  constructor(options: DeployerOptions) {
    this.#options = options
  }

  /**
   * Resolves with what was done. If the version does not become ready, configuration and service are as before.
   * @throws SPY_DEPLOY_…, SPY_ARCHIVE_…, SPY_CONFIG_INVALID, or why it did not become ready
   */
  async deploy({ source, origin = source, name: given, settings = {} }: Deployment, actor: string): Promise<string> {
    if (!isAbsolute(source)) throw fail('SPY_DEPLOY_SOURCE', [source, 'it is not an absolute path'])
    if (/\p{Cc}/u.test(origin)) throw fail('SPY_DEPLOY_SOURCE', [JSON.stringify(origin), 'its name has control characters; rename it'])
    const name = applicationName(origin, given)
    return this.#turns.take(name, () => this.#orNothing(name, () => this.#deploy(name, { source, origin, settings }, actor)))
  }

  /** @throws SPY_VERSION_UNKNOWN, or why the version did not become ready */
  async rollback(name: string, wanted: number | undefined, actor: string): Promise<string> {
    return this.#turns.take(name, async () => {
      const version = wanted === undefined ? this.#previous(name) : this.#options.versions.find(name, wanted)
      await this.#putIntoService(name, { folder: version.folder }, { actor, reason: `roll back to version ${version.version}` })
      return `rolled back ${name} to version ${version.version}`
    })
  }

  async undeploy(name: string, actor: string): Promise<string> {
    return this.#turns.take(name, async () => {
      await this.#ask({ verb: 'delete', name: nameOf(name) }, { actor, reason: 'undeploy' })
      await this.#options.applied(name)
      return `undeployed ${name}`
    })
  }

  async #deploy(name: string, { source, origin, settings }: Sourced, actor: string): Promise<string> {
    const { versions } = this.#options
    const installation = this.#installationOf(name, settings)
    let output = ''
    const prepare = async (folder: string): Promise<void> => {
      output = await this.#install(name, folder, installation)
    }
    const version = await versions.add(name, source, {
      actor,
      origin,
      isUploaded: this.#options.isUploaded(source),
      inService: this.#configured(name)?.folder,
      limits: this.#archiveLimits(),
      ...(installation.install ? { prepare, installs: true } : {}),
    })
    try {
      await this.#putIntoService(name, { ...settings, folder: version.folder }, { actor, reason: `deploy version ${version.version}` })
    } catch (error) {
      if (this.#configured(name)?.folder === version.folder) throw error // its change could not be taken back
      await this.#attempt(name, () => versions.remove(name, version))
      throw error
    }
    await this.#attempt(name, () =>
      versions.prune(name, ({ folder }) => folder === version.folder || folder === this.#configured(name)?.folder),
    )
    return [...(output === '' ? [] : [output]), `deployed version ${version.version} of ${name}`].join('\n')
  }

  /** Of a first deployment that is refused nothing remains; but one that was undeployed may have left data. */
  async #orNothing<T>(name: string, work: () => Promise<T>): Promise<T> {
    const isNew = this.#configured(name) === undefined
    const absent = isNew ? this.#options.madeFor(name).filter((path) => !existsSync(path)) : []
    try {
      return await work()
    } catch (error) {
      if (this.#configured(name) === undefined)
        for (const path of absent) await this.#attempt(name, () => rm(path, { recursive: true, force: true, maxRetries: 3 }))
      throw error
    }
  }

  /** What the deployment says, else the application, else the server. */
  #installationOf(name: string, settings: Sourced['settings']): Installation {
    const configured = this.#configured(name)
    const { deployment } = this.#options.administration.config
    const chosen = (setting: 'install' | 'installScripts'): boolean => {
      const given = settings[setting]
      return given === undefined ? (configured?.[setting] ?? deployment[setting]) : given === true || given === 'true'
    }
    const isOfUser = (settings['isolation'] ?? configured?.isolation) === 'user'
    const user = (settings['user'] as string | undefined) ?? configured?.user
    return {
      install: chosen('install'),
      installScripts: chosen('installScripts'),
      ...(isOfUser ? { ofUser: { name, user } } : {}),
    }
  }

  /** npm fetches as the user of the server, which has the credentials. Scripts run as the user that the application has. */
  async #install(application: string, folder: string, { installScripts, ofUser }: Installation): Promise<string> {
    const { packageCache: cache, administration, runScripts, log } = this.#options
    const { installTimeoutMs: timeoutMs } = administration.config.deployment
    const withScripts = installScripts && !ofUser
    const installed = await installPackages(folder, { name: application, cache, timeoutMs, withScripts })
    const built = installScripts && ofUser ? await runScripts(ofUser, folder, { timeoutMs, limits: this.#archiveLimits() }) : ''
    const output = [installed, built].filter(Boolean).join('\n')
    log.info({ application, output }, 'packages of the application are installed')
    return output
  }

  #archiveLimits(): ArchiveLimits {
    const { maxArchiveEntries, maxUnpackedBytes, maxCompressionRatio } = this.#options.administration.config.deployment
    return { maxEntries: maxArchiveEntries, maxBytes: maxUnpackedBytes, maxRatio: maxCompressionRatio }
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
    const changes: ChangeResult[] = []
    try {
      changes.push(...(await this.#addHost(settings, act)))
      const { listener, created } = await this.#addListener(settings, act)
      changes.push(...created)
      changes.push(await this.#configure(name, { ...settings, ...listener }, act))
      await this.#options.applied(name)
    } catch (error) {
      for (const change of changes.toReversed()) await this.#attempt(name, () => this.#takeBack(change, act))
      throw error
    }
  }

  /** Cleaning up: what goes wrong with it is logged, and hides neither why a deployment was refused nor that it succeeded. */
  async #attempt(application: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.log.warn({ err: messageOf(error), application }, 'cannot clean up after a deployment')
    }
  }

  /** A port stands for the listener that has it; one that has none is created. */
  async #addListener({ listener }: Readonly<Record<string, unknown>>, act: Act): Promise<ListenerOfPort> {
    const { listeners } = this.#options.administration.settings
    const port = Number(listener)
    if (!/^\d{1,5}$/.test(String(listener)) || listeners.some(({ name }) => name === listener)) return { created: [] }
    const known = listeners.find((each) => each.port === port)
    if (known) return { listener: { listener: known.name }, created: [] }
    const name = `http-${port}`
    return {
      listener: { listener: name },
      created: [await this.#ask({ verb: 'create', name: `listeners.${name}`, values: { port } }, act)],
    }
  }

  /** An unknown host is created. */
  async #addHost({ host }: Readonly<Record<string, unknown>>, act: Act): Promise<readonly ChangeResult[]> {
    const { hosts } = this.#options.administration.config
    if (typeof host !== 'string' || host === 'server' || hosts.some(({ name }) => name === host)) return []
    return [await this.#ask({ verb: 'create', name: formatName(['hosts', host]), values: {} }, act)]
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

interface Sourced {
  readonly source: string
  readonly origin: string
  readonly settings: Readonly<Record<string, unknown>>
}

interface Installation {
  readonly install: boolean
  readonly installScripts: boolean
  /** It has a user of its own. */
  readonly ofUser?: ApplicationOfUser
}

interface ListenerOfPort {
  /** The setting of the application, if it changes. */
  readonly listener?: { readonly listener: string }
  readonly created: readonly ChangeResult[]
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
    'server.deploy': ({ arguments: { source, origin, name, settings }, actor }) => {
      const deployment = {
        source: String(source),
        origin: origin as string | undefined,
        name: name as string | undefined,
        settings: (settings ?? {}) as Record<string, unknown>,
      }
      return deployer().deploy(deployment, actor)
    },
    'application.versions': async ({ keys }) => deployer().versions(keys['name'] ?? ''),
    'application.rollback': ({ keys, arguments: { version }, actor }) =>
      deployer().rollback(keys['name'] ?? '', version as number | undefined, actor),
    'application.undeploy': ({ keys, actor }) => deployer().undeploy(keys['name'] ?? '', actor),
  }
}

const nameOf = (application: string): string => formatName(['applications', application])

function lineOf({ version, deployed, actor, origin, packageVersion = '-' }: Version, isPresent: boolean): string {
  return `${isPresent ? '*' : ' '} ${version}  ${packageVersion}  ${new Date(deployed).toISOString()} by ${actor}  from ${origin}`
}
