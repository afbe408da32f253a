/** The loader of an application as a managed resource. */
import { readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Registry } from '@spyglass/agent/registry'
import type { ApplicationLoader } from './application-loader.ts'

export interface LoaderResourceOptions {
  readonly instance: string
  readonly application: string
  readonly isReloadable: boolean
  readonly modified: () => number
}

/** Registers it; the result takes it out again. */
export function registerLoader(registry: Registry, loader: ApplicationLoader, options: LoaderResourceOptions): () => void {
  const { instance, application, isReloadable, modified } = options
  const { cache } = loader
  const packages = packageList(loader)
  return registry.register(
    kinds.loader,
    { instance, application },
    {
      instance: () => instance,
      application: () => application,
      root: () => loader.root,
      repositories: () => loader.repositories,
      loadedModules: () => loader.files.size,
      packages,
      cachedModules: () => cache.size,
      cacheHits: () => cache.hits,
      cacheMisses: () => cache.misses,
      missingModules: () => cache.negativeSize,
      missingHits: () => cache.negativeHits,
      deniedModules: () => loader.denied,
      reloadable: () => isReloadable,
      modified,
    },
  )
}

/** Read again only when more modules have been loaded. */
function packageList(loader: ApplicationLoader): () => readonly string[] {
  let known: readonly string[] = []
  let size = 0
  return () => {
    if (loader.files.size === size) return known
    size = loader.files.size
    return (known = packagesOf(loader.files.keys()))
  }
}

export function packagesOf(files: Iterable<string>): readonly string[] {
  const folders = new Set<string>()
  for (const file of files) {
    const folder = packageFolder(file)
    if (folder !== undefined) folders.add(folder)
  }
  return [...folders]
    .map(nameAndVersion)
    .filter((name) => name !== undefined)
    .toSorted()
}

const NODE_MODULES = `${sep}node_modules${sep}`

function packageFolder(file: string): string | undefined {
  const at = file.lastIndexOf(NODE_MODULES)
  if (at < 0) return undefined
  const parts = file.slice(at + NODE_MODULES.length).split(sep)
  const name = parts.slice(0, parts[0]?.startsWith('@') ? 2 : 1)
  return join(file.slice(0, at + NODE_MODULES.length), ...name)
}

function nameAndVersion(folder: string): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string }
    return `${name}@${version}`
  } catch {
    return undefined // it has been removed since
  }
}
