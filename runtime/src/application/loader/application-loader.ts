/**
 * The loader of one application: decides where each module that it asks for comes from. It is the counterpart of Tomcat's WebappLoader;
 * docs/loader.md maps each rule of that one to ours.
 *
 * Modules of Node are Node's own and cannot be replaced. Then the application's packages are searched, then its repositories, then, for what the
 * server shares, the server. Nothing is found outside its root and its repositories.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire, isBuiltin, type ResolveFnOutput, type ResolveHookContext } from 'node:module'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'
import { type ModuleRule, ModuleRules } from './module-rules.ts'
import type { LoadedFile } from './modified-check.ts'
import { ResolveCache } from './resolve-cache.ts'

export interface LoaderSettings {
  /**
   * Nothing is resolved above this folder, relative to the application's. Default: the application's folder, or the root of the npm or pnpm
   * workspace that it is in.
   */
  readonly root?: string | undefined
  /** Further folders with packages, relative to the application's, which are searched after its own. */
  readonly repositories?: readonly string[] | undefined
  readonly rules?: readonly ModuleRule[] | undefined
}

const MANIFESTS = ['package.json', 'package-lock.json', 'spyglass.app.yaml']

export type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput

export class ApplicationLoader {
  readonly folder: string
  readonly root: string
  readonly repositories: readonly string[]
  readonly cache = new ResolveCache()
  /** Files that it has loaded, with the time, in milliseconds since the epoch. */
  readonly files = new Map<string, number>()
  denied = 0
  readonly #rules: ModuleRules
  readonly #startedAt = Date.now()
  readonly #serverUrl: string

  /** `serverUrl`: a module of the server, from which its packages are found. */
  constructor(folder: string, settings: LoaderSettings, serverUrl: string) {
    this.folder = realpathSync.native(folder)
    this.root = settings.root === undefined ? workspaceRoot(this.folder) : realOrSame(resolve(this.folder, settings.root))
    this.repositories = (settings.repositories ?? []).map((path) => realOrSame(resolve(this.folder, path)))
    this.#rules = new ModuleRules(settings.rules ?? [])
    this.#serverUrl = serverUrl
  }

  /** Whether a module belongs to the application, so that what it asks for is resolved here: it is in its folder, or was loaded by it. */
  owns(url: string | undefined): boolean {
    if (url === undefined || !url.startsWith('file:')) return false
    const file = fileURLToPath(url)
    return file.startsWith(this.folder + sep) || (this.files.has(file) && this.#isInside(file))
  }

  /**
   * The hook of `module.registerHooks`, for modules that the application asks for. `isCached` is false for a question whose answer depends on
   * more than the hook is told.
   */
  resolve(specifier: string, context: ResolveHookContext, next: NextResolve, isCached = true): ResolveFnOutput {
    const order = this.#rules.orderOf(specifier)
    if (order === 'deny') throw this.#denied(specifier, context)
    if (isBuiltin(specifier)) return next(specifier, context)
    const key = isCached ? keyOf(specifier, context) : undefined
    const known = key === undefined ? undefined : this.cache.get(key)
    if (known) return { ...known, shortCircuit: true }
    const result = this.#find(specifier, context, { next, isParentFirst: order === 'parent-first', key })
    if (key !== undefined) this.cache.found(key, result)
    if (result.url.startsWith('file:')) this.loaded(fileURLToPath(result.url))
    return result
  }

  /** What a change of makes the application another one: its own modules, and what says which packages it has. */
  *watchedFiles(): Iterable<LoadedFile> {
    for (const name of MANIFESTS) yield [join(this.folder, name), this.#startedAt]
    for (const loaded of this.files) {
      const [file] = loaded
      if (file.startsWith(this.folder + sep) && !file.includes(`${sep}node_modules${sep}`)) yield loaded
    }
  }

  /** Notes a file that is loaded now. */
  loaded(file: string): void {
    if (!this.files.has(file)) this.files.set(file, Date.now())
  }

  #find(specifier: string, context: ResolveHookContext, how: Search): ResolveFnOutput {
    const { next, isParentFirst, key } = how
    const own = (): ResolveFnOutput => this.#inside(specifier, next(specifier, context), context)
    const shared = (): ResolveFnOutput => from(this.#serverUrl, specifier, context, next)
    const inRepository = (repository: string) => (): ResolveFnOutput =>
      this.#inside(specifier, from(baseOf(repository), specifier, context, next), context)
    const isBare = isPackage(specifier)
    const repositories = isBare ? this.repositories.map(inRepository) : []
    try {
      return firstFound(isParentFirst ? [shared, own, ...repositories] : [own, ...repositories])
    } catch (error) {
      if (key !== undefined && isBare && isMissing(error)) this.cache.missing(key, error as Error)
      throw error
    }
  }

  /** @throws SPY_MODULE_OUTSIDE, SPY_MODULE_DENIED */
  #inside(specifier: string, result: ResolveFnOutput, context: ResolveHookContext): ResolveFnOutput {
    if (!result.url.startsWith('file:')) return result
    const file = fileURLToPath(result.url)
    if (!this.#isInside(file) && !this.#isLinked(specifier, context))
      throw fail('SPY_MODULE_OUTSIDE', [specifier, importerOf(context), file, this.root])
    if (this.#rules.orderOf(`./${relative(this.folder, file).split(sep).join('/')}`) === 'deny') throw this.#denied(specifier, context)
    return result
  }

  /** A package that is linked into the application, and a file named by its whole path, are there because somebody wants them. */
  #isLinked(specifier: string, { parentURL = '' }: ResolveHookContext): boolean {
    if (/^(file:|\/)/.test(specifier)) return true
    if (!isPackage(specifier)) return false
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    return foldersUpTo(this.root, dirname(fileURLToPath(parentURL))).some((folder) => existsSync(join(folder, 'node_modules', name)))
  }

  #denied(specifier: string, context: ResolveHookContext): Error {
    this.denied++
    return fail('SPY_MODULE_DENIED', [specifier, importerOf(context)])
  }

  #isInside(file: string): boolean {
    return [this.root, ...this.repositories].some((folder) => file.startsWith(folder + sep))
  }
}

interface Search {
  readonly next: NextResolve
  readonly isParentFirst: boolean
  /** Under which what is not there is remembered. */
  readonly key: string | undefined
}

/** The first that finds something; else the first error. */
function firstFound(attempts: readonly (() => ResolveFnOutput)[]): ResolveFnOutput {
  let first: unknown
  for (const attempt of attempts) {
    try {
      return attempt()
    } catch (error) {
      if (!isMissing(error)) throw error
      first ??= error
    }
  }
  throw first
}

const isMissing = (error: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'SPY_MODULE_OUTSIDE'].includes(codeOf(error) ?? '')

/** Resolves as a module at `base` would. `require` does not take another parent from a hook, hence `createRequire`. */
function from(base: string, specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  if (!isRequire(context)) return next(specifier, { ...context, parentURL: base })
  const path = createRequire(base).resolve(specifier)
  return { url: pathToFileURL(path).href, shortCircuit: true }
}

export const isRequire = ({ conditions }: ResolveHookContext): boolean => conditions.includes('require')

/** Packages are found in `node_modules` beside a module: the repository itself, or the one in it. */
const baseOf = (repository: string): string =>
  pathToFileURL(join(basename(repository) === 'node_modules' ? dirname(repository) : repository, '_')).href

const isPackage = (specifier: string): boolean => /^[^./#]/.test(specifier) && !/^[a-z][a-z+.-]*:/i.test(specifier)

const importerOf = ({ parentURL }: ResolveHookContext): string =>
  parentURL?.startsWith('file:') ? fileURLToPath(parentURL) : String(parentURL)

/** What a specifier means depends on the folder of the module that asks, and on how it asks. */
const keyOf = (specifier: string, context: ResolveHookContext): string =>
  `${isRequire(context) ? 'require' : 'import'} ${dirname(context.parentURL ?? '')} ${specifier}`

/** The folder and those above it, up to the root. */
function foldersUpTo(root: string, folder: string): string[] {
  if (folder !== root && !folder.startsWith(root + sep)) return []
  return folder === root ? [root] : [folder, ...foldersUpTo(root, dirname(folder))]
}

/** Packages of a workspace are hoisted to its root, so that is where an application in one finds them. */
function workspaceRoot(folder: string): string {
  for (let above = folder; above !== dirname(above); above = dirname(above)) if (isWorkspace(above)) return above
  return folder
}

function isWorkspace(folder: string): boolean {
  if (existsSync(join(folder, 'pnpm-workspace.yaml'))) return true
  try {
    return 'workspaces' in (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object)
  } catch {
    return false // there is no package.json here, or it is none of ours to judge
  }
}

function realOrSame(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path // it does not exist, so nothing is found in it
  }
}
