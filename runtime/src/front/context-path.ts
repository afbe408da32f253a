/** Which application a request is for, and what is left of its address for the application to see. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Mounted {
  /** Without a slash at the end; the empty string for the root. */
  readonly contextPath: string
}

/** `/` and `/shop/` as they are compared: without the slash at the end. */
export const normaliseContextPath = (path: string): string => path.replace(/\/+$/, '')

/** The application with the longest context path that the address begins with, by whole segments. */
export class ContextPathTable<T extends Mounted> {
  readonly #byLength: readonly T[]

  constructor(applications: readonly T[]) {
    this.#byLength = applications.toSorted((a, b) => b.contextPath.length - a.contextPath.length)
  }

  find(url: string): T | undefined {
    for (const application of this.#byLength) if (isBelow(url, application.contextPath)) return application
    return undefined
  }
}

/** Whether a path and query are at a path or below it, by whole segments; that path is normalised. */
export function isBelow(url: string, path: string): boolean {
  if (path === '') return true
  if (!url.startsWith(path)) return false
  const next = url.charCodeAt(path.length)
  return Number.isNaN(next) || next === SLASH || next === QUESTION_MARK
}

const SLASH = 47
const QUESTION_MARK = 63

/** The address without the context path; it always begins with a slash. */
export function stripContextPath(url: string, contextPath: string): string {
  const rest = contextPath === '' ? url : url.slice(contextPath.length)
  return rest.charCodeAt(0) === SLASH ? rest : `/${rest}`
}

/** A proxy's form of a request has the whole URL in it: only path and query count here. */
export function originForm(url: string): string {
  if (url.charCodeAt(0) === SLASH) return url
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(url)
  if (!absolute) return url === '*' ? '/' : `/${url}`
  const rest = absolute[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** `/shop` becomes `/shop/`, as in Tomcat: relative links of the first page would otherwise lead out of the application. */
export function redirected(
  { method }: IncomingMessage,
  response: ServerResponse,
  { url, contextPath }: { readonly url: string; readonly contextPath: string },
): boolean {
  if (contextPath === '' || (method !== 'GET' && method !== 'HEAD')) return false
  const { length } = contextPath
  if (url.length > length && url[length] !== '?') return false
  response.writeHead(302, { location: `${contextPath}/${url.slice(length)}`, 'content-length': 0 }).end()
  return true
}
