/**
 * From what a program exports to a server. Things with a known shape come first; a function that has none is a factory, a handler or a
 * Fastify plugin, which function-role.ts tells apart.
 */
import type { ApplicationFactory, RequestHandler } from '../../application-context.ts'
import type { Adopted } from '../program.ts'
import { fail } from '../../errors.ts'
import { adoptFastifyPlugin } from './fastify-plugin.ts'
import { fastify } from './fastify.ts'
import { fetchObject } from './fetch.ts'
import { type FunctionRole, roleOf } from './function-role.ts'
import { adoptHandler, handlerFunction, handlerObject } from './handler.ts'
import type { AdoptContext, AnyKind } from './kind.ts'
import { koa } from './koa.ts'
import { nest } from './nest.ts'
import { server } from './server.ts'

const kinds: readonly AnyKind[] = [server, fastify, nest, koa, fetchObject, handlerObject, handlerFunction]

/** The names that a program's handler, factory or server may be exported by, in this order. */
const EXPORTS = ['default', 'create', 'app', 'server', 'handler']

export interface AdoptOptions extends AdoptContext {
  /** For messages. */
  readonly main: string
  /** What a function is, where the application says so. */
  readonly role?: FunctionRole | undefined
}

/** The export that is served; undefined when there is none. CommonJS shows `module.exports` as the default export, so it may stand one level deeper. */
export function servedExport(module: Readonly<Record<string, unknown>>): unknown {
  const inner = module['default']
  const levels = [module, ...(typeof inner === 'object' && inner !== null ? [inner as Record<string, unknown>] : [])]
  return levels.flatMap((level) => EXPORTS.map((name) => level[name])).find(isServable)
}

const kindOf = (value: unknown): AnyKind | undefined => kinds.find((kind) => kind.is(value))

const isServable = (value: unknown): boolean => typeof value === 'function' || kindOf(value) !== undefined

/**
 * Makes a server of an export. A factory is called, and what it returns is adopted in its place.
 * @returns undefined when a factory returned nothing: it may listen itself.
 * @throws SPY_APPLICATION_NO_HANDLER, or what the program throws
 */
export async function adopt(value: unknown, options: AdoptOptions): Promise<Adopted | undefined> {
  const kind = kindOf(value)
  if (kind) return kind.adopt(value, options)
  const role = options.role ?? roleOf(value as (...args: never[]) => unknown)
  if (role === 'fastify-plugin') return adoptFastifyPlugin(value as (...args: never[]) => unknown, options)
  if (role === 'handler') return adoptHandler(value as RequestHandler, options)
  options.context.signal.throwIfAborted()
  return adoptResult(await (value as ApplicationFactory)(options.context), options)
}

async function adoptResult(result: unknown, options: AdoptOptions): Promise<Adopted | undefined> {
  if (result === undefined) return undefined
  const kind = kindOf(result)
  if (kind) return kind.adopt(result, options)
  if (typeof result === 'function') return adoptHandler(result as RequestHandler, options)
  throw fail('SPY_APPLICATION_NO_HANDLER', [options.main, result === null ? 'null' : typeof result])
}
