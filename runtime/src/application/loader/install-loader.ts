/** Puts the loaders of this process's applications into Node's module system. */
import Module, { registerHooks, type ResolveFnOutput, type ResolveHookContext } from 'node:module'
import { type ApplicationLoader, isRequire, type NextResolve } from './application-loader.ts'

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
  watchRequire()
  registerHooks({ resolve: (specifier, context, next) => resolveByLoader(specifier, context, next) })
}

/** What `require` was called with, until it is resolved. */
let required: unknown

/**
 * The hook cannot tell `require(id)` from `require.resolve(id, { paths })`, whose answer depends on the paths. Only the former goes by
 * `Module.prototype.require`.
 */
function watchRequire(): void {
  const prototype = Module.prototype as { require: (id: string) => unknown }
  const original = prototype.require
  prototype.require = function require(this: unknown, id: string): unknown {
    required = id
    try {
      return original.call(this, id)
    } finally {
      required = undefined
    }
  }
}

function isCached(specifier: string, context: ResolveHookContext): boolean {
  const isOfRequire = required === specifier
  required = undefined
  return isOfRequire || !isRequire(context)
}

/** Of folders within one another the innermost counts. A loader that looks further by `require.resolve` comes by here again. */
function resolveByLoader(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  if (isResolving) return next(specifier, context)
  const owners = [...loaders].filter((loader) => loader.owns(context.parentURL))
  const [owner] = owners.toSorted((a, b) => b.root.length - a.root.length)
  if (!owner) return next(specifier, context)
  isResolving = true
  try {
    return owner.resolve(specifier, context, next, isCached(specifier, context))
  } finally {
    isResolving = false
  }
}
