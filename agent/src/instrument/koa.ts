/** Route templates of @koa/router and errors of Koa, also those that a middleware answers itself. */
import type { ServerResponse } from 'node:http'
import { isPromise } from 'node:util/types'
import { guarded } from '../guard/guard.ts'
import { recordOf } from './http-server.ts'
import type { Instrumentation } from './instrumentation.ts'
import { noteFault } from './note-fault.ts'

interface Context {
  readonly res: ServerResponse
  /** Of koa-mount: what the application is mounted at. */
  readonly mountPath?: unknown
}

type Middleware = (this: unknown, context: Context, ...rest: unknown[]) => unknown
type Compose = (middleware: Middleware[]) => unknown
type Handler = (this: unknown, ...args: unknown[]) => unknown
interface Application {
  /** Version 2 has none: its module composes the list. */
  compose?: Compose
  middleware?: Middleware[]
}

export const koa: Instrumentation = {
  name: 'koa',
  package: 'koa',
  versions: ['2.0.0', '4.0.0'],
  by: 'module hook',
  records: 'route templates of @koa/router and koa-router, exceptions, also those that a middleware answers',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'non-error thrown: %j',
  attach: () => [
    { file: /^lib\/context\.js$/, apply: patchContext },
    {
      file: /^lib\/application\.js$/,
      apply: ({ prototype }: { prototype: { callback: (this: Application) => Handler } }) => patchCallback(prototype),
    },
  ],
}

/** The prototype of every context. The router sets this property when a layer has matched, before it calls the handler. */
function patchContext(context: object): void {
  Object.defineProperty(context, '_matchedRoute', {
    configurable: true,
    get: () => undefined,
    set(this: Context, path: string | RegExp | undefined) {
      Object.defineProperty(this, '_matchedRoute', { value: path, writable: true, enumerable: true, configurable: true })
      nameRoute(this, path)
    },
  })
}

const nameRoute = guarded('koa.route', ({ res, mountPath }: Context, path: string | RegExp | undefined) => {
  const record = recordOf(res)
  if (record && path !== undefined) record.routeTemplate = `${typeof mountPath === 'string' ? mountPath : ''}${String(path)}`
})

/** Middleware is composed once for each application; what one of them fails with is seen before another answers it. */
function patchCallback(prototype: { callback: (this: Application) => Handler }): void {
  const { callback } = prototype
  prototype.callback = function callbackRecorded() {
    const { compose, middleware } = this
    if (typeof compose === 'function') {
      return withInstead(this, 'compose', (given) => composedNoting(compose, given), callback)
    }
    if (!Array.isArray(middleware)) return callback.call(this)
    const { noted, follow } = following(middleware)
    return followed(follow, withInstead(this, 'middleware', noted, callback))
  }
}

/** Calls `callback` while a property of the application has another value. */
function withInstead<K extends 'compose' | 'middleware'>(
  application: Application,
  key: K,
  value: NonNullable<Application[K]>,
  callback: (this: Application) => Handler,
): Handler {
  const { [key]: own } = application
  application[key] = value
  try {
    return callback.call(application)
  } finally {
    application[key] = own
  }
}

function composedNoting(compose: Compose, middleware: Middleware[]): unknown {
  const { noted, follow } = following(middleware)
  const composed = compose(noted)
  return typeof composed === 'function' ? followed(follow, composed as Handler) : composed
}

function followed(follow: () => void, call: Handler): Handler {
  return function composedRecorded(this: unknown, ...args: unknown[]): unknown {
    follow()
    return Reflect.apply(call, this, args)
  }
}

/** The list is the application's own: what it adds while it listens is called as well. */
function following(middleware: Middleware[]): { readonly noted: Middleware[]; readonly follow: () => void } {
  const known: Middleware[] = []
  const noted: Middleware[] = []
  const follow = (): void => {
    noted.length = known.length = middleware.length
    for (const [at, each] of middleware.entries()) {
      if (known[at] === each) continue
      known[at] = each
      noted[at] = typeof each === 'function' ? noting(each) : each
    }
  }
  follow()
  return { noted, follow }
}

function noting(middleware: Middleware): Middleware {
  return function middlewareRecorded(context, ...rest) {
    const noted = (error: unknown): never => {
      noteFault(context.res, error)
      throw error
    }
    try {
      const result = middleware.call(this, context, ...rest)
      return isPromise(result) ? result.then(undefined, noted) : result
    } catch (error) {
      return noted(error)
    }
  }
}
