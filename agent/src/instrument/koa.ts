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
interface Application {
  compose?: Compose
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
      apply: ({ prototype }: { prototype: { callback: (this: Application) => unknown } }) => patchCallback(prototype),
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
function patchCallback(prototype: { callback: (this: Application) => unknown }): void {
  const { callback } = prototype
  prototype.callback = function callbackRecorded() {
    const { compose } = this
    if (typeof compose !== 'function') return callback.call(this)
    this.compose = (middleware) => composedNoting(compose, middleware)
    try {
      return callback.call(this)
    } finally {
      this.compose = compose
    }
  }
}

/** The list is the application's own: what it adds while it listens is called as well. */
function composedNoting(compose: Compose, middleware: Middleware[]): unknown {
  const followed: Middleware[] = []
  const noted: Middleware[] = []
  const follow = (): void => {
    noted.length = followed.length = middleware.length
    for (const [at, each] of middleware.entries()) {
      if (followed[at] === each) continue
      followed[at] = each
      noted[at] = typeof each === 'function' ? noting(each) : each
    }
  }
  follow()
  const composed = compose(noted)
  if (typeof composed !== 'function') return composed
  return function composedRecorded(this: unknown, ...args: unknown[]): unknown {
    follow()
    return Reflect.apply(composed, this, args)
  }
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
