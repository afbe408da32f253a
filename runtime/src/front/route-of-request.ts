/** The route that Fastify found for a request. It is known only inside Fastify, which says it on a diagnostics channel before the handler. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'

const CHANNEL = 'tracing:fastify.request.handler:start'
const ROUTE = Symbol('spyglass.route')

type Routed = IncomingMessage & { [ROUTE]?: string }

interface HandlerStart {
  readonly request?: { readonly raw?: Routed }
  readonly route?: { readonly url?: string }
}

function noteRoute(message: unknown): void {
  const { request, route } = message as HandlerStart
  if (request?.raw && route?.url !== undefined) request.raw[ROUTE] = route.url
}

let watchers = 0

/** Notes the route of every request from now on; the result ends it. */
export function watchRoutes(): () => void {
  if (watchers++ === 0) subscribe(CHANNEL, noteRoute)
  let isWatching = true
  return () => {
    if (isWatching && --watchers === 0) unsubscribe(CHANNEL, noteRoute)
    isWatching = false
  }
}

/** The route template as the application declared it; undefined when no handler was reached. */
export const routeOf = (request: IncomingMessage): string | undefined => (request as Routed)[ROUTE]
