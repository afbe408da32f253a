/** A Koa application: `callback()` is its handler (https://github.com/koajs/koa/blob/master/docs/api/index.md). */
import { createServer } from 'node:http'
import type { RequestHandler } from '../../application-context.ts'
import { hasMethods, type Kind } from './kind.ts'

interface KoaLike {
  callback(): RequestHandler
}

export const koa: Kind<KoaLike> = {
  kind: 'koa',
  is: (value): value is KoaLike => typeof value === 'object' && hasMethods(value, 'callback', 'use', 'listen'),
  adopt: (value) => ({ kind: 'koa', server: createServer(value.callback()) }),
}
