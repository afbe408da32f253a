/** Route templates and errors of Hono, on any server of node:http: the request that runs is found by its asynchronous context. */
import { guarded } from '../guard/guard.ts'
import { currentRecord } from '../recorder/context.ts'
import type { Instrumentation, ModulePatch } from './instrumentation.ts'
import { noteFaultHere } from './note-fault.ts'

interface RouterRoute {
  readonly method: string
  readonly path: string
}

/** Handlers with what their routes are, in the order in which they are called. */
type MatchResult = readonly [handlers: readonly (readonly [readonly [handler: unknown, route: RouterRoute], ...unknown[]])[], ...unknown[]]
type ContextClass = new (request: unknown, options?: { readonly matchResult?: MatchResult }, ...rest: unknown[]) => object
type ErrorHandler = (this: unknown, error: unknown, ...rest: unknown[]) => unknown
type Method = (this: unknown, ...args: unknown[]) => unknown

interface Application {
  errorHandler: ErrorHandler
  route: Method
  basePath: Method
}

type HonoClass = new (...args: unknown[]) => Application

export const hono: Instrumentation = {
  name: 'hono',
  package: 'hono',
  versions: ['4.0.0', '5.0.0'],
  by: 'module hook',
  records: 'route templates, exceptions; with @hono/node-server',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'Can not add a route since the matcher is already built.',
  attach: () => [...classPatches('context', 'Context', namingContext), ...classPatches('hono-base', 'Hono', watchedErrors)],
}

/** A class is a variable of its module, which builds export in different ways; a build that has it otherwise stays as it is. */
function classPatches(file: string, name: string, apply: ModulePatch['apply']): ModulePatch[] {
  const exported = name === 'Hono' ? 'HonoBase' : name
  const replace = (call: string): string => `try { ${name} = ${call} ${name}) } catch {}`
  return [
    { file: new RegExp(String.raw`^dist/${file}\.js$`), append: replace, apply },
    {
      file: new RegExp(String.raw`^dist/cjs/${file}\.js$`),
      append: (call) => `${replace(call)} try { exports.${exported} = ${name} } catch {}`,
      apply,
    },
  ]
}

function namingContext(Context: ContextClass): ContextClass {
  return named(
    Context.name,
    class extends Context {
      constructor(...args: ConstructorParameters<ContextClass>) {
        super(...args)
        nameRoute(args[1]?.matchResult)
      }
    },
  )
}

/** Applications log and compare the names of classes. */
const named = <T extends object>(name: string, type: T): T => Object.defineProperty(type, 'name', { value: name })

const nameRoute = guarded('hono.route', (matched: MatchResult | undefined) => {
  const record = currentRecord()
  const route = matched?.[0].map(([[, each]]) => each).find(answers)
  if (record && route) record.routeTemplate = route.path
})

/** Middleware is a route for all methods below a path. */
const answers = ({ method, path }: RouterRoute): boolean => method !== 'ALL' || !path.endsWith('*')

/** While this is so, an application shows its handler as it is: to mount or copy it, Hono compares that with its own default. */
let isMounting = false

/** Whatever handles the errors of an application notes them first. */
function watchedErrors(Hono: HonoClass): HonoClass {
  const prototype = Hono.prototype as Application // `basePath` makes applications of the class as it was
  const { route, basePath } = prototype
  prototype.route = function routeMounted(...args) {
    return mounting(() => route.apply(this, args))
  }
  prototype.basePath = function basePathCopied(...args) {
    return watchErrors(mounting(() => basePath.apply(this, args)) as Application)
  }
  return named(
    Hono.name,
    class extends Hono {
      constructor(...args: unknown[]) {
        super(...args)
        watchErrors(this)
      }
    },
  )
}

function mounting<R>(fn: () => R): R {
  const before = isMounting // to mount is to copy as well
  isMounting = true
  try {
    return fn()
  } finally {
    isMounting = before
  }
}

function watchErrors(application: Application): Application {
  let { errorHandler } = application
  return Object.defineProperty(application, 'errorHandler', {
    configurable: true,
    enumerable: true,
    get: () => (isMounting ? errorHandler : noting(errorHandler)),
    set(handler: ErrorHandler) {
      errorHandler = handler
    },
  })
}

const NOTED = new WeakMap<ErrorHandler, ErrorHandler>()

function noting(handler: ErrorHandler): ErrorHandler {
  const present = NOTED.get(handler)
  if (present) return present
  const noted: ErrorHandler = function errorRecorded(error, ...rest) {
    noteFaultHere(error)
    return handler.call(this, error, ...rest)
  }
  NOTED.set(handler, noted)
  return noted
}
