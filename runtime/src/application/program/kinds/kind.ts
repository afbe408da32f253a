/** One kind of thing that a program may export, and how a server is made of it. */
import type { Adopted, ProgramKind } from '../program.ts'
import type { ApplicationContext, RequestHandler } from '../../application-context.ts'

export interface AdoptContext {
  /** Folder of the application: packages are looked up from there. */
  readonly folder: string
  readonly context: ApplicationContext
  /** A handler threw or rejected. */
  readonly onError: (error: unknown, response: Parameters<RequestHandler>[1]) => void
}

export interface Kind<T> {
  readonly kind: ProgramKind
  is(value: unknown): value is T
  adopt(value: T, context: AdoptContext): Adopted | Promise<Adopted>
}

/** A kind of any thing: `adopt` is given only what `is` holds for. */
export interface AnyKind {
  readonly kind: ProgramKind
  is(value: unknown): boolean
  adopt(value: unknown, context: AdoptContext): Adopted | Promise<Adopted>
}

/** Whether it is an object or a function with these methods. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}
