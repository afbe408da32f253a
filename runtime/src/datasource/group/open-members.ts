/** The members of a datasource as they are open here: what leads to each, and a pool of its own once somebody has asked for that. They come and go. */
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../clock/index.ts'
import type { ResourceSurroundings } from '../../resource-type/resource-type.ts'
import type { OpenedDriver } from '../adapter.ts'
import { adapters, type DatasourceFace } from '../adapters.ts'
import type { Driver } from '../driver.ts'
import { fail } from '../errors.ts'
import { Pool } from '../pool/index.ts'
import { PoolReporter } from '../pool-resource.ts'
import type { CommitErrors } from '../pool/lending.ts'
import type { Member } from './member.ts'

export type Opened = OpenedDriver<DatasourceFace>

interface OpenMember {
  member: Member
  readonly opened: Opened
  pool: Pool | undefined
  hide: (() => void) | undefined
  face: DatasourceFace | undefined
}

export interface OpenMembersOptions {
  readonly config: () => DatasourceConfig
  readonly around: ResourceSurroundings
  /** What its pool opens connections with. */
  readonly driverFor: (member: Member, driver: Driver) => Driver
  readonly commitsOf: (pool: Pool) => CommitErrors
}

/** How often it is looked whether anybody still uses the pool of a member that was removed. */
const LOOK_AGAIN_MS = 250
const CLOSE_MS = 1000

export class OpenMembers {
  readonly #options: OpenMembersOptions
  #open: ReadonlyMap<string, OpenMember>
  /** Pools of members that were removed, as long as somebody has a connection of them. */
  readonly #leaving = new Set<Pool>()

  constructor(options: OpenMembersOptions) {
    this.#options = options
    this.#open = new Map(membersOf(options.config()).map((member) => [member.name, this.#openOne(member)]))
  }

  get all(): readonly Member[] {
    return [...this.#open.values()].map(({ member }) => member)
  }

  get names(): readonly string[] {
    return [...this.#open.keys()]
  }

  /** Those that were asked for. */
  get pools(): readonly Pool[] {
    return [...[...this.#open.values()].flatMap(({ pool }) => pool ?? []), ...this.#leaving]
  }

  /** @throws SPY_MEMBER_UNKNOWN */
  driverOf(name: string): Driver {
    return this.#named(name).opened.driver
  }

  /** Its pool, if somebody has asked for it. */
  poolIfOpen(name: string): Pool | undefined {
    return this.#open.get(name)?.pool
  }

  /** @throws SPY_MEMBER_UNKNOWN */
  faceOf(name: string): DatasourceFace {
    const open = this.#named(name)
    open.face ??= open.opened.faceOf(this.poolOf(name))
    return open.face
  }

  /** @throws SPY_MEMBER_UNKNOWN */
  poolOf(name: string): Pool {
    const open = this.#named(name)
    if (open.pool) return open.pool
    const { around, driverFor, commitsOf } = this.#options
    const settings = this.#settingsOf(open.member)
    const reporter = new PoolReporter(settings.name, around)
    const pool = new Pool(driverFor(open.member, open.opened.driver), settings, reporter, around.clock)
    pool.commits = commitsOf(pool)
    open.pool = pool
    open.hide = reporter.show(pool)
    return pool
  }

  /** Opens what leads to a member. */
  open(member: Member): Opened {
    const { folder, applicationFolders = [] } = this.#options.around
    return adapters[this.#options.config().driver].open(this.configOf(member), { folder, applicationFolders })
  }

  /** What leads to it. */
  configOf({ url }: Member): DatasourceConfig {
    return { ...this.#options.config(), url, members: [] }
  }

  /** Takes on the present configuration. Connections to what has another address are replaced, with `renews` all. */
  change(renews: boolean): void {
    const before = this.#open
    this.#open = new Map(membersOf(this.#options.config()).map((member) => [member.name, this.#kept(before, member, renews)]))
    for (const [name, open] of before) if (!this.#open.has(name)) this.#leave(open)
  }

  /** All pools are closed by then, or left to who closes them. */
  hide(): void {
    for (const { hide } of this.#open.values()) hide?.()
  }

  #kept(before: ReadonlyMap<string, OpenMember>, member: Member, renews: boolean): OpenMember {
    const open = before.get(member.name)
    if (!open) return this.#openOne(member)
    const leadsElsewhere = renews || open.member.url !== member.url
    open.member = member
    open.pool?.configure(this.#settingsOf(member))
    if (!leadsElsewhere) return open
    open.opened.configure(this.configOf(member))
    open.pool?.renew()
    return open
  }

  /** Who has a connection keeps it, and who waits for one gets it; when nobody does, the pool is closed. */
  #leave({ pool, hide }: OpenMember): void {
    hide?.()
    if (!pool) return
    const { clock = systemClock } = this.#options.around
    const look = (): void => {
      if (pool.borrows.size + pool.waiting > 0) clock.after(LOOK_AGAIN_MS, look)
      else void pool.close(CLOSE_MS).finally(() => this.#leaving.delete(pool))
    }
    this.#leaving.add(pool)
    look()
  }

  #openOne(member: Member): OpenMember {
    return { member, opened: this.open(member), pool: undefined, hide: undefined, face: undefined }
  }

  #named(name: string): OpenMember {
    const found = this.#open.get(name)
    if (!found) throw fail('SPY_MEMBER_UNKNOWN', [this.#options.config().name, name, this.names.join(', ')])
    return found
  }

  /** Its pool opens a connection when one is asked for. */
  #settingsOf({ name, url }: Member): DatasourceConfig {
    const config = this.#options.config()
    return { ...config, name: `${config.name}/${name}`, url, members: [], min: 0, initial: undefined, required: false }
  }
}

/** Without a name it is that of its host and port. */
export function membersOf({ members }: Pick<DatasourceConfig, 'members'>): readonly Member[] {
  return members.map((member) => ({ ...member, name: member.name ?? new URL(member.url).host }))
}
