/** A Nest application as `NestFactory.create` returns it, over Express or Fastify. */
import type { Server } from 'node:net'
import { hasMethods, type Kind } from './kind.ts'

interface NestLike {
  init(): Promise<unknown>
  getHttpServer(): Server
  close(): Promise<unknown>
}

export const nest: Kind<NestLike> = {
  kind: 'nest',
  is: (value): value is NestLike => hasMethods(value, 'init', 'getHttpServer', 'getHttpAdapter', 'close'),
  async adopt(value) {
    await value.init()
    return { kind: 'nest', server: value.getHttpServer(), close: () => value.close() }
  },
}
