/** A Fastify plugin, as `fastify start app.js` runs it: with the application's own copy of Fastify. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import type { Adopted } from '../program.ts'
import { fail } from '../../errors.ts'
import { fastify, type FastifyLike } from './fastify.ts'
import type { AdoptContext } from './kind.ts'

type Plugin = (...args: never[]) => unknown
type FastifyFactory = () => FastifyLike & { register(plugin: Plugin): unknown }

/** @throws SPY_APPLICATION_NO_FASTIFY */
export async function adoptFastifyPlugin(plugin: Plugin, context: AdoptContext): Promise<Adopted> {
  const instance = ownFastify(context.folder)()
  instance.register(plugin)
  return { ...(await fastify.adopt(instance, context)), kind: 'fastify-plugin' }
}

function ownFastify(folder: string): FastifyFactory {
  try {
    return createRequire(join(folder, 'package.json'))('fastify') as FastifyFactory
  } catch (error) {
    throw fail('SPY_APPLICATION_NO_FASTIFY', [folder, messageOf(error)], error)
  }
}
