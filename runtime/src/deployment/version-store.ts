/**
 * Keeps the versions of deployed applications: `<root>/NAME/N/` holds the code of version N, as it was deployed, and `<root>/NAME/versions.json`
 * says what it is. A version is never changed, so that going back to one is a start of what is there.
 */
import { cp, mkdir, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import { type Damage, openStateFile, type StateFile, wrongShape } from '@spyglass/process/durable-file'
import type { ArchiveLimits } from './archive/entry.ts'
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
  /** The folder or archive that it was made from. */
  readonly origin: string
  /** `version` of its package.json. */
  readonly packageVersion?: string
}

export interface VersionStoreOptions {
  /** `<data>/applications` */
  readonly root: string
  /** Versions of each application that are kept besides the one in use. Default 5. */
  readonly keep?: number
  readonly limits?: ArchiveLimits
  readonly onDamage: (damage: Damage) => void
  readonly now?: () => number
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
   * Copies a folder or unpacks an archive as the next version. What fails leaves nothing behind.
   * @throws SPY_DEPLOY_SOURCE, SPY_ARCHIVE_…, SPY_DEPLOY_UNWRITABLE
   */
  async add(name: string, origin: string, actor: string): Promise<Version> {
    const kind = await kindOf(origin)
    const state = this.#stateOf(name)
    const { last, versions } = state.read() ?? { last: 0, versions: [] }
    const version = last + 1
    const folder = this.#folderOf(name, version)
    try {
      await mkdir(join(this.#options.root, name), { recursive: true, mode: 0o755 })
      await rm(folder, { recursive: true, force: true }) // what an add left that was killed
      if (kind === 'archive') await unpacked(origin, folder, this.#options.limits)
      else await copyFolder(origin, folder)
      const packageVersion = await packageVersionOf(folder)
      const deployed = (this.#options.now ?? Date.now)()
      const added = { version, deployed, actor, origin, ...(packageVersion === undefined ? {} : { packageVersion }) }
      state.write({ last: version, versions: [...versions, added] })
      return this.#whole(name, added)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      if (codeOf(error)?.startsWith('SPY_')) throw error
      throw fail('SPY_DEPLOY_UNWRITABLE', [this.#options.root, error instanceof Error ? error.message : String(error)], error)
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
  }

  /** The record first: a folder without one is only litter, which the next version of that number clears. */
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

  #folderOf(name: string, version: number): string {
    return join(resolve(this.#options.root), name, String(version))
  }

  #whole(name: string, version: Omit<Version, 'folder'>): Version {
    return { ...version, folder: this.#folderOf(name, version.version) }
  }
}

/** The libraries for archives are loaded when there is one. */
async function unpacked(origin: string, folder: string, limits: ArchiveLimits | undefined): Promise<void> {
  const { unpackArchive } = await import('./archive/unpack.ts')
  await unpackArchive(origin, folder, limits)
}

async function kindOf(origin: string): Promise<'folder' | 'archive'> {
  const found = await stat(origin).catch((error: unknown) => {
    throw fail('SPY_DEPLOY_SOURCE', [origin, codeOf(error) === 'ENOENT' ? 'there is nothing of that name' : String(error)], error)
  })
  if (found.isDirectory()) return 'folder'
  if (found.isFile() && archiveFormat(origin)) return 'archive'
  throw fail('SPY_ARCHIVE_KIND', [origin])
}

/** With its links as they are: one that leads out of the folder would mean something else in the copy. */
async function copyFolder(origin: string, folder: string): Promise<void> {
  const from = resolve(origin)
  if (`${folder}/`.startsWith(`${from}/`)) throw fail('SPY_DEPLOY_SOURCE', [origin, 'the versions of applications are kept in it'])
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = relative(from, join(entry.parentPath, entry.name))
    if (entry.isFile() || entry.isDirectory() || path.split('/').includes('.git')) continue
    if (!entry.isSymbolicLink()) throw fail('SPY_DEPLOY_SOURCE', [origin, `${path} is no file, folder or link`])
    const target = await readlink(join(from, path))
    if (!staysInside(path, target)) throw fail('SPY_DEPLOY_SOURCE', [origin, `the link ${path} leads out of it (${target})`])
  }
  const isWanted = (path: string): boolean => !relative(from, path).split('/').includes('.git')
  await cp(from, folder, { recursive: true, verbatimSymlinks: true, errorOnExist: true, force: false, filter: isWanted })
}

async function packageVersionOf(folder: string): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version?: unknown }
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
