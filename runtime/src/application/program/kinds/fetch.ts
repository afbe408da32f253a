/** An object with a `fetch` method, as Hono, Elysia, H3 and modules for Bun and Cloudflare Workers export it. */
import { createServer } from 'node:http'
import { type FetchHandler, fetchListener } from '../fetch-listener.ts'
import { hasMethods, type Kind } from './kind.ts'

interface FetchLike {
  fetch: FetchHandler
}

export const fetchObject: Kind<FetchLike> = {
  kind: 'fetch',
  is: (value): value is FetchLike => typeof value === 'object' && hasMethods(value, 'fetch'),
  adopt: (value, { onError }) => ({
    kind: 'fetch',
    server: createServer(fetchListener((request, env) => value.fetch(request, env), onError)),
  }),
}
