/**
 * Keeps the versions of deployed applications: `<root>/NAME/N/` holds the code of version N, as it was deployed, and `<root>/NAME/versions.json`
 * says what it is. A version is never changed, so that going back to one is a start of what is there.
 */
import { cp, mkdir, readdir, readlink, realpath, rm, stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { type Damage, openStateFile, readText, type StateFile, wrongShape } from '@spyglass/process/durable-file'
import type { ArchiveLimits } from './archive/entry.ts'
import type { UnpackOptions } from './archive/unpack.ts'
import { staysInside } from './archive/entry-path.ts'
import { archiveFormat } from './archive/archive-format.ts'
import { fail } from './errors.ts'

export interface Version {
  /** Numbers rise and are never used again. */
  readonly version: number
  /** Its code. */
  readonly folder: string
  /** In milliseconds since the epoch. */
  readonly deployed: number
  readonly actor: string
  /** The folder or archive that it was made from, as the user named it. */
  readonly origin: string
  /** `version` of its package.json. */
  readonly packageVersion?: string
}

export interface VersionStoreOptions {
  /** `<data>/applications` */
  readonly root: string
  /** Versions of each application that are kept besides the one in use. Default 5. */
  readonly keep?: number
  readonly onDamage: (damage: Damage) => void
  /** Something that an operator should know. */
  readonly onProblem?: (message: string) => void
  readonly now?: () => number
}

export interface AddOptions {
  readonly actor: string
  /** What the user calls the source: an archive that was uploaded has a path of ours. Default: the source. */
  readonly origin?: string | undefined
  /** The source is a file of ours, which only its origin says something about. Otherwise both are recorded. */
  readonly isUploaded?: boolean
  /** Folder of the version in service: it stays whatever is known of it. */
  readonly inService?: string | undefined
  readonly limits?: ArchiveLimits
  /** Completes the code before the version counts. What it throws, the version does not survive. */
  readonly prepare?: (folder: string) => Promise<void>
  /** Whether `prepare` makes `node_modules`: then that of a folder is not copied. */
  readonly installs?: boolean
}

interface Known {
  readonly last: number
  readonly versions: readonly Omit<Version, 'folder'>[]
}

export class VersionStore {
  readonly #options: VersionStoreOptions

  constructor(options: VersionStoreOptions) {
    this.#options = options
  }

  /** Oldest first. */
  list(name: string): readonly Version[] {
    return (this.#stateOf(name).read()?.versions ?? []).map((version) => this.#whole(name, version))
  }

  /** A version by its number. @throws SPY_VERSION_UNKNOWN */
  find(name: string, version: number): Version {
    const all = this.list(name)
    const found = all.find((one) => one.version === version)
    if (found) return found
    throw fail('SPY_VERSION_UNKNOWN', [name, version, all.map((one) => one.version).join(', ') || 'none'])
  }

  /** The version whose code is in this folder. */
  inFolder(name: string, folder: string): Version | undefined {
    return this.list(name).find((version) => version.folder === resolve(folder))
  }

  /**
   * Copies a folder or unpacks an archive as the next version. What fails leaves nothing behind. For one application at a time.
   * @throws SPY_DEPLOY_SOURCE, SPY_ARCHIVE_…, SPY_DEPLOY_UNWRITABLE, and what `prepare` throws
   */
  async add(name: string, source: string, options: AddOptions): Promise<Version> {
    const { actor, prepare, inService, origin = source, isUploaded = false } = options
    const kind = await kindOf(source, origin)
    const state = this.#stateOf(name)
    const { last, versions } = state.read() ?? { last: await this.#lastFolder(name), versions: [] }
    const version = last + 1
    const folder = this.#folderOf(name, version)
    try {
      await mkdir(join(this.#options.root, name), { recursive: true, mode: 0o700 }) // isolation: user opens it to the application
      state.write({ last: version, versions }) // an installation that outlives a killed decider writes into no later version
      await this.#clear(name, versions, inService)
      if (kind === 'archive') await unpacked(source, folder, { name: basename(origin), ...given('limits', options.limits) })
      else await copyFolder(source, folder, options.installs === true)
      await prepare?.(folder)
      const packageVersion = packageVersionOf(folder)
      const deployed = (this.#options.now ?? Date.now)()
      const recorded = isUploaded || origin === source ? origin : `${origin} (${source})`
      const added = { version, deployed, actor, origin: recorded, ...given('packageVersion', packageVersion) }
      state.write({ last: version, versions: [...versions, added] })
      return this.#whole(name, added)
    } catch (error) {
      await this.#cleanUp(name, folder)
      if (codeOf(error)?.startsWith('SPY_')) throw error
      throw fail('SPY_DEPLOY_UNWRITABLE', [this.#options.root, messageOf(error)], error)
    }
  }

  /** Removes the oldest versions beyond those that are kept; never one that is in use. */
  async prune(name: string, isInUse: (version: Version) => boolean): Promise<readonly Version[]> {
    const { keep = 5 } = this.#options
    const unused = this.list(name).filter((version) => !isInUse(version))
    return this.#drop(name, unused.slice(0, Math.max(0, unused.length - keep)))
  }

  /** Removes one version: that of a deployment that was refused. */
  async remove(name: string, version: Version): Promise<void> {
    await this.#drop(name, [version])
    await this.#forget(name)
  }

  /**
   * Removes what deployments left that were killed, of all applications; for the start, before the first deployment. Where the list of versions is
   * damaged, or a version is in service, nothing is removed.
   */
  async clear(inService: readonly string[]): Promise<void> {
    const folders = await readdir(this.#options.root, { withFileTypes: true }).catch(noneIfMissing)
    const isServed = (name: string): boolean => inService.some((folder) => folder.startsWith(`${this.#parentOf(name)}/`))
    for (const { name } of folders.filter((entry) => entry.isDirectory() && !isServed(entry.name))) {
      const known = this.#stateOf(name).read()
      if (known) await this.#clear(name, known.versions)
      await this.#forget(name)
    }
  }

  /** Removes folders without a record. */
  async #clear(name: string, versions: Known['versions'], inService?: string): Promise<void> {
    const known = new Set(versions.map(({ version }) => String(version)))
    const parent = this.#parentOf(name)
    const isLitter = (entry: string): boolean => /^\d+(\.unpacking)?$/.test(entry) && !known.has(entry) && join(parent, entry) !== inService
    for (const entry of (await readdir(parent)).filter(isLitter)) await rm(join(parent, entry), { recursive: true, force: true })
  }

  /** After a failure, which is what the user must learn: never throws. What is left is removed by the next deployment or start. */
  async #cleanUp(name: string, folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true })
      await this.#forget(name)
    } catch (error) {
      this.#options.onProblem?.(`what is left of a refused deployment of ${name} cannot be removed: ${messageOf(error)}`)
    }
  }

  /** Removes the folder of an application that has no version, and nothing else in it either. */
  async #forget(name: string): Promise<void> {
    const parent = this.#parentOf(name)
    const entries = await readdir(parent).catch(noneIfMissing)
    const state = this.#stateOf(name)
    if (entries.some((entry) => !/^versions\.json(\.previous)?$/.test(entry)) || (state.read()?.versions.length ?? 0) > 0) return
    await rm(parent, { recursive: true, force: true })
  }

  /** Number of the last version by the folders, where the list of versions is lost. */
  async #lastFolder(name: string): Promise<number> {
    const entries: readonly string[] = await readdir(this.#parentOf(name)).catch(noneIfMissing)
    return Math.max(0, ...entries.map(Number).filter(Number.isSafeInteger))
  }

  /** The record first: a folder without one is only litter, which the next deployment clears. */
  async #drop(name: string, dropped: readonly Version[]): Promise<readonly Version[]> {
    const state = this.#stateOf(name)
    const known = state.read()
    if (!known || dropped.length === 0) return []
    const gone = new Set(dropped.map(({ version }) => version))
    state.write({ ...known, versions: known.versions.filter(({ version }) => !gone.has(version)) })
    for (const { folder } of dropped) await rm(folder, { recursive: true, force: true })
    return dropped
  }

  #stateOf(name: string): StateFile<Known> {
    const { root, onDamage } = this.#options
    return openStateFile({ file: join(root, name, 'versions.json'), parse: parseKnown, onDamage })
  }

  #parentOf(name: string): string {
    return join(resolve(this.#options.root), name)
  }

  #folderOf(name: string, version: number): string {
    return join(this.#parentOf(name), String(version))
  }

  #whole(name: string, version: Omit<Version, 'folder'>): Version {
    return { ...version, folder: this.#folderOf(name, version.version) }
  }
}

/** The libraries for archives are loaded when there is one. */
async function unpacked(source: string, folder: string, options: UnpackOptions): Promise<void> {
  const { unpackArchive } = await import('./archive/unpack.ts')
  await unpackArchive(source, folder, options)
}

const given = <K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [name]: value } as Record<K, V>)

function noneIfMissing(error: unknown): [] {
  if (codeOf(error) === 'ENOENT') return []
  throw error
}

async function kindOf(source: string, origin: string): Promise<'folder' | 'archive'> {
  const found = await stat(source).catch((error: unknown) => {
    throw fail('SPY_DEPLOY_SOURCE', [origin, codeOf(error) === 'ENOENT' ? 'there is nothing of that name' : messageOf(error)], error)
  })
  if (found.isDirectory()) return 'folder'
  if (found.isFile() && archiveFormat(source)) return 'archive'
  throw fail('SPY_ARCHIVE_KIND', [origin])
}

/** With the links in it as they are: one that leads out of the folder would mean something else in the copy. */
async function copyFolder(origin: string, folder: string, isInstalled: boolean): Promise<void> {
  const from = await realpath(origin) // it may be a link to the folder itself
  if (`${folder}/`.startsWith(`${from}/`)) throw fail('SPY_DEPLOY_SOURCE', [origin, 'the versions of applications are kept in it'])
  const isSkipped = (path: string): boolean => {
    const parts = path.split('/')
    return parts.includes('.git') || (isInstalled && parts[0] === 'node_modules')
  }
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = relative(from, join(entry.parentPath, entry.name))
    if (entry.isFile() || entry.isDirectory() || isSkipped(path)) continue
    if (!entry.isSymbolicLink()) throw fail('SPY_DEPLOY_SOURCE', [origin, `${path} is no file, folder or link`])
    const target = await readlink(join(from, path))
    if (!staysInside(path, target)) throw fail('SPY_DEPLOY_SOURCE', [origin, `the link ${path} leads out of it (${target})`])
  }
  const isWanted = (path: string): boolean => !isSkipped(relative(from, path))
  await cp(from, folder, { recursive: true, verbatimSymlinks: true, errorOnExist: true, force: false, filter: isWanted })
}

/** A deployment must not be able to take all memory of the server by a manifest that no program could have. */
const MAX_MANIFEST_BYTES = 1_048_576

function packageVersionOf(folder: string): string | undefined {
  try {
    const { version } = JSON.parse(readText(join(folder, 'package.json'), MAX_MANIFEST_BYTES)) as { version?: unknown }
    return typeof version === 'string' ? version.slice(0, 100) : undefined
  } catch {
    return undefined // a folder may be without one, or with one that the start will complain about
  }
}

function parseKnown(content: unknown): Known {
  const { last, versions } = (content ?? {}) as Partial<Known>
  const areVersions = Array.isArray(versions) && versions.every((one: Partial<Version> | null) => Number.isSafeInteger(one?.version))
  if (Number.isSafeInteger(last) && areVersions) return { last: last as number, versions: versions as Known['versions'] }
  throw wrongShape('it does not contain versions')
}
