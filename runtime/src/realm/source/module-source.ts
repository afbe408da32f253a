/** Users that a module of one's own looks for. */
import { pathToFileURL } from 'node:url'
import { messageOf } from '@spyglass/agent/contract'
import { wrongShape } from '@spyglass/process/durable-file'
import { fail } from '../errors.ts'
import type { UserSource } from './user-source.ts'

/** @throws SPY_REALM_MODULE */
export async function openModuleSource(realm: string, file: string): Promise<UserSource> {
  try {
    const { default: make } = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
    if (typeof make !== 'function') throw wrongShape('its default export is no function')
    const source = (await make({ realm })) as Partial<UserSource> | undefined
    if (typeof source?.verify !== 'function' || typeof source.find !== 'function')
      throw wrongShape('it makes nothing with verify() and find()')
    return source as UserSource
  } catch (error) {
    throw fail('SPY_REALM_MODULE', [realm, file, messageOf(error)], error)
  }
}
