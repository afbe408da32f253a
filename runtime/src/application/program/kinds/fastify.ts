/** A Fastify instance that does not listen (https://fastify.dev/docs/latest/Reference/Server/). */
import type { Server } from 'node:net'
import { hasMethods, type Kind } from './kind.ts'

export interface FastifyLike {
  readonly server: Server
  ready(): PromiseLike<unknown>
  close(): Promise<unknown>
}

export const fastify: Kind<FastifyLike> = {
  kind: 'fastify',
  is: (value): value is FastifyLike => hasMethods(value, 'ready', 'close', 'inject') && 'server' in (value as object),
  async adopt(value) {
    await value.ready()
    return { kind: 'fastify', server: value.server, close: () => value.close() }
  },
}
