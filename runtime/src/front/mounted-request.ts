/** The address of a request as an application sees it: without the context path, and whole, whatever routers of the application have cut off since. */
import type { IncomingMessage } from 'node:http'
import { originForm } from './context-path.ts'

/** Where `originalUrl` is more than the application sees. */
const SEEN = Symbol('spyglass.seen')

type Mounted = IncomingMessage & { originalUrl?: string; readonly baseUrl?: string; [SEEN]?: string }

/** Shows an application a request as if it were mounted at the root. `url`: path and query as they came; `path`: what the application sees. */
export function mountAt(request: Mounted, url: string, path: string, contextPath: string): void {
  request.originalUrl = url
  request.url = path
  if (contextPath === '') return
  request[SEEN] = path
  const { headers } = request
  headers[PREFIX] = prefixOf(headers[PREFIX], contextPath)
}

/** Programs build their links with it. A proxy in front may have taken off a prefix of its own. */
const PREFIX = 'x-forwarded-prefix'

const prefixOf = (before: string | string[] | undefined, contextPath: string): string =>
  before === undefined ? contextPath : String(before).replace(/\/+$/, '') + contextPath

/**
 * Path and query as the application sees them, also within a router that is mounted at a path. Express keeps in `baseUrl` what it cuts off. Elsewhere nobody
 * can tell whether a router has cut off something (Connect keeps the whole in `originalUrl`) or the application has rewritten the address: both are given.
 */
export function addressesOf(request: IncomingMessage): readonly string[] {
  const { url = '', baseUrl, originalUrl, [SEEN]: seen } = request as Mounted
  if (baseUrl !== undefined) return [baseUrl + originForm(url)]
  const whole = seen ?? originalUrl ?? url
  return whole === url ? [url] : [whole, url]
}
