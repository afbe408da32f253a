/**
 * Finds the program in an application's folder: what `spyglass.app.yaml` says, else `exports` or `main` of package.json, else the program
 * of `scripts.start` (or `start:prod`), else an index file. If `scripts.start` runs what `exports` or `main` names, its options count as well.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import type { StaticOptions } from '../../static-files/static-files.ts'
import { fail } from '../errors.ts'
import { type ApplicationFile, readApplicationFile } from './application-file.ts'
import type { FunctionRole } from './kinds/function-role.ts'
import { parseStartScript, type StartScript } from './start-script.ts'

export interface Entry {
  /** Absolute path of the module that is run, or of the folder whose files are served. */
  readonly file: string
  /** Set where files are served instead. */
  readonly static?: StaticOptions | undefined
  /** What it finds in `process.argv` after its own path. */
  readonly args: readonly string[]
  /** Modules loaded before it. */
  readonly imports: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** NODE_ENV is that of `environment`: the configuration sets none, and `production` is only the default. */
  readonly saysNodeEnv: boolean
  /** Options of Node in `scripts.start` that have no effect. */
  readonly unapplied: readonly string[]
  readonly isWorker: boolean
  /** Port in the program whose server is the application's. */
  readonly port?: number | undefined
  /** PORT is `port` for this program, not the port of its listener, which would lead it away: the configuration sets no other. */
  readonly saysPort: boolean
  /** What an exported function is, where something says so. */
  readonly role?: FunctionRole | undefined
  readonly version: string
  /** Whether it has rules of access. */
  readonly isGuarded: boolean
  readonly loader: NonNullable<ApplicationFile['loader']>
  /** Absolute path of the module with the hooks of its life. */
  readonly lifecycle?: string | undefined
}

interface PackageJson {
  readonly version?: unknown
  readonly main?: unknown
  readonly exports?: unknown
  readonly scripts?: Readonly<Record<string, unknown>>
}

/** What the configuration of the server says of the program; it comes before what its folder says. */
export interface EntrySettings {
  /** Variables that the configuration sets. */
  readonly environment?: Readonly<Record<string, string>>
  readonly entry?: string | undefined
  readonly worker?: boolean
  /** Files are served, whatever else is in the folder. */
  readonly static?: boolean
  readonly arguments?: readonly string[]
}

/** @throws SPY_APPLICATION_NO_MAIN, SPY_APPLICATION_MANIFEST, SPY_APPLICATION_START_SCRIPT, SPY_APPLICATION_ENV_FILE, SPY_APPLICATION_FILE_INVALID */
export async function findEntry(folder: string, settings: EntrySettings = {}): Promise<Entry> {
  const manifest = readManifest(folder)
  const file = await readApplicationFile(folder)
  const { worker = false, arguments: args = [] } = settings
  const { files, program } = servedBy(folder, manifest, saidOf(file, settings))
  return {
    file: program.file,
    static: files,
    args: args.length > 0 ? args : (file.arguments ?? program.args),
    imports: file.import ?? program.imports,
    environment: program.environment,
    saysNodeEnv: saysNodeEnv(program, settings),
    unapplied: program.unapplied ?? [],
    isWorker: worker || (file.worker ?? false),
    port: file.port,
    saysPort: saysPort(file, settings),
    role: file.export ?? (program.isFastifyPlugin ? 'fastify-plugin' : undefined),
    version: typeof manifest.version === 'string' ? manifest.version : '',
    isGuarded: file.access !== undefined,
    loader: file.loader ?? {},
    lifecycle: file.lifecycle === undefined ? undefined : resolve(folder, file.lifecycle),
  }
}

const saysNodeEnv = ({ environment }: StartScript, { environment: configured = {} }: EntrySettings): boolean =>
  environment['NODE_ENV'] !== undefined && configured['NODE_ENV'] === undefined

const saysPort = ({ port }: ApplicationFile, { environment = {} }: EntrySettings): boolean =>
  port !== undefined && environment['PORT'] === undefined

/** What the folder says, as far as the configuration of the server does not say otherwise. */
function saidOf(file: ApplicationFile, { entry = file.entry, static: isStatic }: EntrySettings): ApplicationFile {
  return isStatic ? { static: file.static ?? {} } : { ...file, entry }
}

function servedBy(folder: string, manifest: PackageJson, file: ApplicationFile): { files?: StaticOptions; program: StartScript } {
  const files = file.entry === undefined ? staticOf(folder, file) : undefined
  return files ? { files, program: plain(files.folder) } : { program: programOf(folder, manifest, file.entry) }
}

/** Files are served where `spyglass.app.yaml` says so, or where there is an index.html and nothing that could be run. */
function staticOf(folder: string, { static: said }: ApplicationFile): (StaticOptions & { readonly folder: string }) | undefined {
  if (said) return { ...said, folder: resolve(folder, said.folder ?? '.') }
  const isSite = fileAt(folder, ['index.html']) !== undefined && fileAt(folder, ['package.json', ...INDEX_FILES]) === undefined
  return isSite ? { folder } : undefined
}

function programOf(folder: string, manifest: PackageJson, entry: string | undefined): StartScript {
  if (entry !== undefined) return plain(fileAt(folder, [entry]) ?? missing(join(folder, entry)))
  const named = exportTarget(manifest.exports) ?? text(manifest.main)
  const main = named === undefined ? undefined : fileAt(folder, [named, `${named}.js`, join(named, 'index.js')])
  if (main) {
    const [found = plain(main)] = scriptsOf(folder, manifest, (file) => isSame(file, main))
    return found
  }
  const index = fileAt(folder, [...INDEX_FILES, ...BUILT_FILES])
  return scriptOf(folder, manifest, index) ?? (index ? plain(index) : missing(join(folder, named ?? 'index.js')))
}

/** `npm init` writes a `start:prod` for Nest, whose `start` is for development. @throws SPY_APPLICATION_START_SCRIPT */
function scriptOf(folder: string, manifest: PackageJson, index: string | undefined): StartScript | undefined {
  const [found] = scriptsOf(folder, manifest)
  const [said] = scriptTexts(manifest)
  if (!found && said !== undefined && !index) throw fail('SPY_APPLICATION_START_SCRIPT', [said, folder])
  return found
}

const scriptTexts = ({ scripts = {} }: PackageJson): readonly string[] =>
  ['start', 'start:prod'].map((name) => text(scripts[name])).filter((script) => script !== undefined)

/** One after the other: a script that nobody asks for may name files that are not there. */
function* scriptsOf(folder: string, manifest: PackageJson, isWanted?: (file: string) => boolean): Generator<StartScript> {
  for (const text of scriptTexts(manifest)) {
    const script = parseStartScript(folder, text, isWanted)
    if (script) yield script
  }
}

const isSame = (one: string, other: string): boolean => realpathSync(one) === realpathSync(other)

const plain = (file: string): StartScript => ({ file, args: [], imports: [], environment: {} })

function missing(path: string): never {
  throw fail('SPY_APPLICATION_NO_MAIN', [path])
}

/** @throws SPY_APPLICATION_MANIFEST */
function readManifest(folder: string): PackageJson {
  const path = join(folder, 'package.json')
  if (!existsSync(path)) return {}
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof manifest === 'object' && manifest !== null ? manifest : {}
  } catch (error) {
    throw fail('SPY_APPLICATION_MANIFEST', [path, messageOf(error)], error)
  }
}

/** What Node takes for a folder, in the languages it runs, then what `npm start` takes without a script. */
const INDEX_FILES = ['index.ts', 'index.mts', 'index.js', 'index.mjs', 'index.cjs', 'server.js', 'server.mjs', 'server.ts']
/** What the builds of Nuxt and Nitro, Astro and SvelteKit write, in the project or in the folder of the build itself. */
const BUILT_FILES = ['.output/server/index.mjs', 'server/index.mjs', 'dist/server/entry.mjs', 'build/index.js']
const CONDITIONS = new Set(['spyglass-source', 'node', 'import', 'module-sync', 'require', 'default'])

function fileAt(folder: string, names: readonly string[]): string | undefined {
  return names.map((name) => resolve(folder, name)).find((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** The target of the package itself: a string, `{ ".": … }`, conditions, or a list of these, of which the first that holds counts. */
function exportTarget(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports
  if (Array.isArray(exports)) return exports.map(exportTarget).find((target) => target !== undefined)
  if (typeof exports !== 'object' || exports === null) return undefined
  const entries = Object.entries(exports)
  const own = entries.find(([key]) => key === '.')
  if (own) return exportTarget(own[1])
  for (const [condition, target] of entries) {
    const found = CONDITIONS.has(condition) ? exportTarget(target) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
