/** Realms as a type of resource. */
import { pathToFileURL } from 'node:url'
import { messageOf } from '@spyglass/agent/contract'
import type { RealmConfig } from '@spyglass/process/checked-config'
import { wrongShape } from '@spyglass/process/durable-file'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { Sessions } from '../session/index.ts'
import { fail } from './errors.ts'
import { FileSource } from './file-source.ts'
import { Realm } from './realm.ts'
import type { UserSource } from './user-source.ts'

export const realmType: ResourceType<RealmConfig, Realm> = {
  open: (config, around) => new RealmResource(config, around),
  unknown: (name, known) => fail('SPY_REALM_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_REALMS_CLOSED'),
}

class RealmResource implements Resource<RealmConfig, Realm> {
  readonly face: Realm
  #config: RealmConfig
  #source: UserSource | undefined

  /** @throws SPY_REALM_SESSIONS */
  constructor(config: RealmConfig, { faceOf, logger }: ResourceSurroundings) {
    const sessions = faceOf?.('sessions', config.sessions)
    if (!(sessions instanceof Sessions)) throw fail('SPY_REALM_SESSIONS', [config.name, config.sessions])
    this.#config = config
    this.face = new Realm({ config: () => this.#config, source: () => this.#source!, sessions, logger })
  }

  /** @throws SPY_REALM_MODULE; a file that cannot be read is reported when somebody signs in */
  async start(): Promise<void> {
    const { name, type, file = '', module = '' } = this.#config
    this.#source = type === 'file' ? new FileSource(name, file) : await sourceOf(name, module)
  }

  configure(config: RealmConfig): void {
    this.#config = config
  }

  async close(): Promise<void> {
    await this.#source?.close?.()
  }
}

async function sourceOf(realm: string, file: string): Promise<UserSource> {
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
