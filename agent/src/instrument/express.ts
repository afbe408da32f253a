/**
 * Route names and errors of Express 4 and 5. Both have layers; those of Express 5 are in the package `router`. A layer keeps no template of the path
 * that a router is mounted at, so it is remembered as the layer is made.
 */
import type { ServerResponse } from 'node:http'
import { attempt, guarded } from '../guard/guard.ts'
import { fail } from './errors.ts'
import { recordOf } from './http-server.ts'
import type { Instrumentation, ModulePatch } from './instrumentation.ts'

const PATH = Symbol('spyglass.path')
const MOUNTED = Symbol('spyglass.mounted')

interface Request {
  readonly baseUrl?: string
  /** Templates of the paths that routers of this request are mounted at, by the actual path; only where they differ. */
  [MOUNTED]?: Map<string, string>
}

interface Layer {
  readonly route?: { readonly path?: unknown }
  /** The part of the URL that it matched. */
  readonly path?: unknown
  [PATH]?: unknown
}

type Next = (error?: unknown) => unknown
type Handle = (this: Layer, request: Request, response: ServerResponse, next: Next) => unknown
type HandleError = (this: Layer, ...args: [error: unknown, request: Request, response: ServerResponse, next: Next]) => unknown
type LayerClass = ((this: unknown, path: unknown, ...rest: unknown[]) => void) & { prototype: Record<string, unknown> }

const records = 'route templates with mounted routers, exceptions'
const common = { by: 'module hook', records, kinds: [], forms: ['esm', 'cjs', 'tsx', 'bundle'] } as const

function patchOf(file: RegExp): ModulePatch {
  return { file, append: (call) => `module.exports = ${call} module.exports)`, apply: patchedLayer }
}

export const express: Instrumentation = {
  ...common,
  name: 'express',
  package: 'express',
  versions: ['4.0.0', '6.0.0'],
  mark: 'app.use() requires a middleware function',
  recordedBy: 'router',
  attach: () => [patchOf(/^lib\/router\/layer\.js$/)],
}

/** Of Express 5. */
export const router: Instrumentation = {
  ...common,
  name: 'router',
  package: 'router',
  versions: ['2.0.0', '3.0.0'],
  attach: () => [patchOf(/^lib\/layer\.js$/)],
}

function patchedLayer(original: LayerClass): LayerClass {
  const { prototype } = original
  patchMethod(prototype, 'handle_request', 'handleRequest', patchedHandle)
  patchMethod(prototype, 'handle_error', 'handleError', patchedHandleError)
  const SpyglassLayer = function Layer(this: unknown, path: unknown, ...rest: unknown[]): unknown {
    const layer = Reflect.construct(original, [path, ...rest]) as Layer
    layer[PATH] = path
    return layer
  } as unknown as LayerClass
  SpyglassLayer.prototype = prototype
  return SpyglassLayer
}

function patchMethod<F>(prototype: Record<string, unknown>, older: string, newer: string, make: (original: F) => F): void {
  const name = [older, newer].find((each) => typeof prototype[each] === 'function')
  if (name === undefined) throw fail('SPY_AGENT_LIBRARY', ['express', newer])
  prototype[name] = make(prototype[name] as F)
}

function patchedHandle(handle: Handle): Handle {
  return function handleRecorded(request, response, next) {
    attempt('express.route', () => nameRoute(this, request, response), undefined)
    return handle.call(this, request, response, noting(response, next))
  }
}

function patchedHandleError(handle: HandleError): HandleError {
  return function handleErrorRecorded(...[error, request, response, next]) {
    note(response, error)
    return handle.call(this, error, request, response, noting(response, next))
  }
}

/** The last layer that fails has no error handler behind it: what it passes on is noted here. */
function noting(response: ServerResponse, next: Next): Next {
  return (error) => {
    if (error !== undefined && error !== null && error !== 'route' && error !== 'router') note(response, error)
    return next(error)
  }
}

/** An error with a status below 500 is an answer to the client. */
const note = guarded('express.error', (response: ServerResponse, error: unknown) => {
  const record = recordOf(response)
  if (!record) return
  const { status, statusCode = status } = error as { status?: unknown; statusCode?: unknown }
  if (typeof statusCode !== 'number' || statusCode >= 500) record.error = error
})

function nameRoute(layer: Layer, request: Request, response: ServerResponse): void {
  const { baseUrl = '', [MOUNTED]: mounted } = request
  if (layer.route) {
    const record = recordOf(response)
    if (record) record.routeTemplate = joined(templateAt(mounted, baseUrl), templateOf(layer.route.path))
  } else if (isTemplate(layer[PATH])) {
    const parent = baseUrl.slice(0, baseUrl.length - matchedLength(layer, baseUrl))
    const template = joined(templateAt(mounted, parent), templateOf(layer[PATH]))
    if (mounted) mounted.set(baseUrl, template)
    else request[MOUNTED] = new Map([[baseUrl, template]])
  }
}

/** What a router is mounted at: below a template, the rest of the path is kept. */
function templateAt(mounted: ReadonlyMap<string, string> | undefined, baseUrl: string): string {
  if (!mounted) return baseUrl
  for (let end = baseUrl.length; end > 0; end = baseUrl.lastIndexOf('/', end - 1)) {
    const template = mounted.get(baseUrl.slice(0, end))
    if (template !== undefined) return template + baseUrl.slice(end)
  }
  return baseUrl
}

/** How much of the base URL the layer stands for: newer routers do not say, so its segments are counted. */
function matchedLength(layer: Layer, baseUrl: string): number {
  if (typeof layer.path === 'string') return layer.path.replace(/\/$/, '').length
  const segments = templateOf(layer[PATH]).split('/').filter(Boolean).length
  return (
    baseUrl.length -
    baseUrl
      .split('/')
      .slice(0, -segments || undefined)
      .join('/').length
  )
}

const isTemplate = (path: unknown): boolean =>
  path instanceof RegExp || Array.isArray(path) || (typeof path === 'string' && /[:*{(]/.test(path))

/** Several paths of one route are one name. */
function templateOf(path: unknown): string {
  return Array.isArray(path) ? path.map(String).join('|') : String(path)
}

function joined(base: string, path: string): string {
  if (path === '/' || path === '') return base === '' ? '/' : base
  return path.startsWith('/') ? base + path : `${base}${base === '' ? '' : ' '}${path}`
}
