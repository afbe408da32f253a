/** Puts the loaders of this process's applications into Node's module system. */
import { registerHooks, type ResolveFnOutput, type ResolveHookContext } from 'node:module'
import type { ApplicationLoader, NextResolve } from './application-loader.ts'

const loaders = new Set<ApplicationLoader>()
let isResolving = false

/** From now on the loader resolves what modules of its application ask for. The result takes it out again. */
export function installLoader(loader: ApplicationLoader): () => void {
  install()
  loaders.add(loader)
  return () => void loaders.delete(loader)
}

let isInstalled = false

function install(): void {
  if (isInstalled) return
  isInstalled = true
  registerHooks({ resolve: (specifier, context, next) => resolveByLoader(specifier, context, next) })
}

/** Of folders within one another the innermost counts. A loader that looks further by `require.resolve` comes by here again. */
function resolveByLoader(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  if (isResolving) return next(specifier, context)
  const owners = [...loaders].filter((loader) => loader.owns(context.parentURL))
  const [owner] = owners.toSorted((a, b) => b.root.length - a.root.length)
  if (!owner) return next(specifier, context)
  isResolving = true
  try {
    return owner.resolve(specifier, context, next)
  } finally {
    isResolving = false
  }
}
