/** Finds an application's main module, imports it and calls its factory. The module is TypeScript or JavaScript, ESM or CommonJS. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ApplicationContext, ApplicationFactory, ApplicationHandler, RequestHandler } from './application-context.ts'
import { fail } from './errors.ts'

export interface LoadedApplication {
  readonly handler: RequestHandler
  readonly version: string
  readonly close: () => Promise<void>
}

interface PackageJson {
  readonly version?: unknown
  readonly main?: unknown
  readonly exports?: unknown
}

/** @throws SPY_APPLICATION_NO_MAIN, SPY_APPLICATION_NO_FACTORY, SPY_APPLICATION_NO_HANDLER, and whatever the application throws */
export async function loadApplication(folder: string, context: ApplicationContext): Promise<LoadedApplication> {
  const manifest = readManifest(folder)
  const main = mainModule(folder, manifest)
  const factory = factoryOf((await import(pathToFileURL(main).href)) as Record<string, unknown>)
  if (!factory) throw fail('SPY_APPLICATION_NO_FACTORY', [main])
  const { handler, close } = await handlerOf(await factory(context), main)
  return {
    handler,
    version: typeof manifest.version === 'string' ? manifest.version : '',
    async close() {
      await close?.()
    },
  }
}

function readManifest(folder: string): PackageJson {
  const path = join(folder, 'package.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as PackageJson) : {}
}

const INDEX_FILES = ['index.ts', 'index.mts', 'index.js', 'index.mjs', 'index.cjs']
const CONDITIONS = new Set(['spyglass-source', 'node', 'import', 'module-sync', 'require', 'default'])

/** The file that `exports["."]`, else `main`, else an index file names. */
export function mainModule(folder: string, { exports, main }: PackageJson): string {
  const named = exportTarget(exports) ?? (typeof main === 'string' ? main : undefined)
  const candidates = named === undefined ? INDEX_FILES : [named, `${named}.js`, join(named, 'index.js')]
  const found = candidates.map((candidate) => resolve(folder, candidate)).find((path) => existsSync(path) && statSync(path).isFile())
  if (!found) throw fail('SPY_APPLICATION_NO_MAIN', [join(folder, named ?? 'package.json')])
  return found
}

/** The target of the package itself: a string, `{ ".": … }` or conditions, of which the first that holds counts. */
function exportTarget(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports
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

/** CommonJS shows `module.exports` as the default export, so a factory may stand one level deeper. */
function factoryOf(module: Record<string, unknown>): ApplicationFactory | undefined {
  const inner = (typeof module['default'] === 'object' ? module['default'] : undefined) as Record<string, unknown> | null | undefined
  const candidates = [module['default'], module['create'], inner?.['default'], inner?.['create']]
  return candidates.find((candidate) => typeof candidate === 'function') as ApplicationFactory | undefined
}

async function handlerOf(result: unknown, main: string): Promise<ApplicationHandler> {
  if (typeof result === 'function') return { handler: result as RequestHandler }
  if (isFastify(result)) {
    await result.ready()
    return { handler: result.routing, close: () => result.close() }
  }
  if (isHandler(result)) return { handler: (request, response) => result.handler(request, response), close: () => result.close?.() }
  throw fail('SPY_APPLICATION_NO_HANDLER', [main, result === null ? 'null' : typeof result])
}

interface FastifyLike {
  readonly routing: RequestHandler
  ready(): Promise<unknown>
  close(): Promise<unknown>
}

const has = (value: unknown, name: string): boolean =>
  typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[name] === 'function'

const isFastify = (value: unknown): value is FastifyLike => has(value, 'routing') && has(value, 'ready') && has(value, 'close')
const isHandler = (value: unknown): value is ApplicationHandler => has(value, 'handler')
