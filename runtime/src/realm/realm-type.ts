/** Realms as a type of resource. */
import type { RealmConfig } from '@spyglass/process/checked-config'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { Sessions } from '../session/index.ts'
import { fail } from './errors.ts'
import { Realm } from './realm.ts'
import { sourceTypes } from './source/source-types.ts'
import type { UserSource } from './source/user-source.ts'

export const realmType: ResourceType<RealmConfig, Realm> = {
  open: (config, around) => new RealmResource(config, around),
  unknown: (name, known) => fail('SPY_REALM_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_REALMS_CLOSED'),
}

class RealmResource implements Resource<RealmConfig, Realm> {
  readonly face: Realm
  readonly #around: ResourceSurroundings
  #config: RealmConfig
  #source: UserSource | undefined

  /** @throws SPY_REALM_SESSIONS */
  constructor(config: RealmConfig, around: ResourceSurroundings) {
    const { faceOf, logger } = around
    const sessions = faceOf?.('sessions', config.sessions)
    if (!(sessions instanceof Sessions)) throw fail('SPY_REALM_SESSIONS', [config.name, config.sessions])
    this.#config = config
    this.#around = around
    this.face = new Realm({ config: () => this.#config, source: () => this.#source!, sessions, logger })
  }

  /** @throws SPY_REALM_MODULE; what cannot be read or reached is reported when somebody signs in */
  async start(): Promise<void> {
    this.#source = await sourceTypes[this.#config.type].open({ config: () => this.#config, around: this.#around })
  }

  configure(config: RealmConfig): void {
    this.#config = config
  }

  async close(): Promise<void> {
    await this.#source?.close?.()
  }
}
