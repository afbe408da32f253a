/** A datasource with several members, as a resource: a pool for writes whose connections follow the writer, and a pool for each member that is read from. */
import { isDeepStrictEqual } from 'node:util'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../clock/index.ts'
import type { Resource, ResourceSurroundings } from '../../resource-type/resource-type.ts'
import type { OpenedDriver } from '../adapter.ts'
import { adapters, type DatasourceFace } from '../adapters.ts'
import type { RunStatement } from '../driver.ts'
import { fail } from '../errors.ts'
import { type Lending, Pool } from '../pool/index.ts'
import { PoolReporter } from '../pool-resource.ts'
import { askLimit, carryOutOn, markLeaks, OPENED_WITH } from '../pool-operations.ts'
import type { AskedDatabase } from '../sessions/index.ts'
import { CommitWatch } from './commit-watch.ts'
import { Group } from './group.ts'
import { GroupDriver } from './group-driver.ts'
import { reportGroup } from './group-reporter.ts'
import type { Member } from './member.ts'
import { memberDriver } from './member-driver.ts'
import { runOnce, runOnMembers, runTogether } from './member-statements.ts'
import type { Members } from './members.ts'
import { ReadLending } from './read-lending.ts'
import type { ReadWish } from './choose.ts'
import { RoutedLending } from './routed-lending.ts'
import { shardOf } from './shard.ts'

type Opened = OpenedDriver<DatasourceFace>

/** A member with a pool of its own, once somebody has asked for that. */
interface OpenMember {
  readonly member: Member
  readonly opened: Opened
  pool: Pool | undefined
  hide: (() => void) | undefined
  face: DatasourceFace | undefined
}

export class GroupResource implements Resource<DatasourceConfig, DatasourceFace> {
  readonly face: DatasourceFace
  readonly #around: ResourceSurroundings
  readonly #members: ReadonlyMap<string, OpenMember>
  readonly #group: Group
  readonly #writing: Opened
  readonly #pool: Pool
  readonly #hide: () => void
  readonly #reading = new Map<string, { readonly lending: Lending; readonly face: DatasourceFace }>()
  #leading: Member
  #config: DatasourceConfig

  constructor(config: DatasourceConfig, around: ResourceSurroundings) {
    this.#config = config
    this.#around = around
    this.#members = new Map(membersOf(config).map((member) => [member.name, this.#openMember(member)]))
    const [first] = [...this.#members.values()] as [OpenMember]
    this.#leading = first.member
    this.#writing = this.#open(first.member)
    this.#group = this.#makeGroup()
    const reporter = new PoolReporter(config.name, around)
    this.#pool = new Pool(this.#groupDriver(), config, reporter, around.clock)
    this.#pool.commits = this.#commitWatch(this.#pool)
    this.#hide = reporter.show(this.#pool, this.#report())
    this.face = this.#makeFace()
    this.#follow()
  }

  async start(): Promise<void> {
    await this.#group.start()
    await this.#pool.start()
    const { settings, state, figures } = this.#pool
    if (settings.required && state === 'down') throw fail('SPY_DATASOURCE_REQUIRED', [settings.name, figures.lastError])
    void askLimit(this.#pool)
  }

  configure(config: DatasourceConfig): void {
    const before = this.#config
    this.#config = config
    this.#pool.configure(config)
    for (const { member, pool } of this.#members.values()) pool?.configure(this.#settingsOf(member))
    if (OPENED_WITH.every((name) => isDeepStrictEqual(config[name], before[name]))) return
    this.#writing.configure(this.#configOf(this.#leading))
    for (const { member, opened, pool } of this.#members.values()) {
      opened.configure(this.#configOf(member))
      pool?.renew()
    }
    this.#group.renewProbes()
    this.#pool.renew()
    void askLimit(this.#pool)
  }

  carryOut(operation: string, given: Readonly<Record<string, unknown>>, part?: string): unknown {
    if (part !== undefined) return carryOutOn(this.#poolOf(part), operation, given)
    return carryOutOn(this.#pool, operation, given, this.#databases(given))
  }

  /** Those that an operator's statement is for. They need no pool. */
  #databases({ member, all }: Readonly<Record<string, unknown>>): ReadonlyMap<string, AskedDatabase> {
    const wanted = all === true ? [...this.#members.keys()] : typeof member === 'string' ? [member] : undefined
    if (!wanted) return new Map([[this.#group.writer?.name ?? '', this.#pool]])
    const { clock, settings } = this.#pool
    return new Map(wanted.map((name) => [name, { driver: this.#memberNamed(name).opened.driver, clock, settings }]))
  }

  requestEnded(traceId: string): void {
    for (const pool of this.#pools()) markLeaks(pool, traceId)
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all([this.#group.stop(), ...this.#pools().map((pool) => pool.close(deadlineMs))])
    for (const { hide } of this.#members.values()) hide?.()
    this.#hide()
  }

  #makeGroup(): Group {
    return new Group({
      clock: this.#around.clock ?? systemClock,
      settings: () => this.#config,
      members: [...this.#members.values()].map(({ member }) => member),
      driverOf: ({ name }) => this.#memberNamed(name).opened.driver,
      lentOf: (name) => this.#memberNamed(name).pool?.borrows.size ?? 0,
    })
  }

  #groupDriver(): GroupDriver {
    const { name, sharded } = this.#config
    return new GroupDriver({
      group: this.#group,
      driver: this.#writing.driver,
      lead: (to) => this.#lead(to),
      connectTimeoutMs: () => this.#config.connectTimeoutMs,
      ...(sharded ? { sharded: name } : {}),
    })
  }

  #commitWatch(pool: Pool): CommitWatch {
    const { driver, settings, figures } = pool
    return new CommitWatch({
      name: settings.name,
      system: driver.system,
      target: () => driver.target,
      unknown: () => void figures.unknownCommits++,
    })
  }

  #report() {
    const targetOf = ({ name }: Member): string => this.#memberNamed(name).opened.driver.target
    const lentOf = (member: Member): number =>
      (this.#memberNamed(member.name).pool?.borrows.size ?? 0) + (member === this.#group.writer ? this.#pool.borrows.size : 0)
    return reportGroup({ name: this.#config.name, group: this.#group, targetOf, lentOf }, this.#around)
  }

  /** Connections to a member that is not used any more are of no use to those who have them: what they run may not count. */
  #follow(): void {
    this.#group.events.on('writer', (to, from) => {
      this.#lead(to)
      if (!from) return
      this.#pool.cutOff()
      this.#pool.renew()
    })
    this.#group.events.on('down', (member) => {
      this.#memberNamed(member.name).pool?.renew()
      if (member === this.#leading) this.#pool.renew()
    })
  }

  #lead(to: Member): void {
    if (to === this.#leading) return
    this.#leading = to
    this.#writing.configure(this.#configOf(to))
  }

  #makeFace(): DatasourceFace {
    const { routes } = this.#config
    const pool = this.#pool
    const lendingTo = (to: string): Lending => this.#read(to === 'read' ? {} : { tag: to }).lending
    const face = this.#writing.faceOf(routes.length === 0 ? pool : new RoutedLending({ pool, routes, lendingTo }))
    return Object.defineProperties(face, { read: { get: () => this.#read({}).face }, members: { value: this.#access() } })
  }

  #access(): Members<DatasourceFace> {
    const members = [...this.#members.values()].map(({ member }) => member)
    const names = members.map(({ name }) => name)
    const poolsOf = (on: readonly string[]) => new Map(on.map((name) => [name, this.#poolOf(name)]))
    const query: Members<DatasourceFace>['query'] = (text, params, on = names) =>
      runOnMembers(poolsOf(on), runOnce({ text, params }, query))
    const batch: Members<DatasourceFace>['batch'] = (statements, on = names) =>
      runOnMembers(poolsOf(on), runTogether(statements.map(statementOf), batch))
    return {
      names,
      named: (name) => this.#faceOf(name),
      tagged: (tag) => this.#read({ tag }).face,
      shardOf: (key) => shardOf(key, members),
      shard: (key) => this.#faceOf(shardOf(key, members)),
      query,
      batch,
    }
  }

  #read(wish: ReadWish) {
    const { tag = '' } = wish
    const found = this.#reading.get(tag)
    if (found) return found
    const lending = new ReadLending({
      name: `${this.#config.name}/${tag || 'read'}`,
      group: this.#group,
      wish,
      poolOf: (name) => this.#poolOf(name),
      opened: () => [...this.#members.values()].flatMap(({ pool }) => pool ?? []),
    })
    const made = { lending, face: this.#open(this.#leading).faceOf(lending) }
    this.#reading.set(tag, made)
    return made
  }

  #faceOf(name: string): DatasourceFace {
    const open = this.#memberNamed(name)
    open.face ??= open.opened.faceOf(this.#poolOf(name))
    return open.face
  }

  #poolOf(name: string): Pool {
    const open = this.#memberNamed(name)
    if (open.pool) return open.pool
    const { member, opened } = open
    const settings = this.#settingsOf(member)
    const reporter = new PoolReporter(settings.name, this.#around)
    const pool = new Pool(memberDriver(opened.driver, member, this.#group), settings, reporter, this.#around.clock)
    pool.commits = this.#commitWatch(pool)
    open.pool = pool
    open.hide = reporter.show(pool)
    return pool
  }

  #pools(): readonly Pool[] {
    return [this.#pool, ...[...this.#members.values()].flatMap(({ pool }) => pool ?? [])]
  }

  #memberNamed(name: string): OpenMember {
    const found = this.#members.get(name)
    if (!found) throw fail('SPY_MEMBER_UNKNOWN', [this.#config.name, name, [...this.#members.keys()].join(', ')])
    return found
  }

  #openMember(member: Member): OpenMember {
    return { member, opened: this.#open(member), pool: undefined, hide: undefined, face: undefined }
  }

  #open(member: Member): Opened {
    const { folder, applicationFolders = [] } = this.#around
    return adapters[this.#config.driver].open(this.#configOf(member), { folder, applicationFolders })
  }

  /** What leads to it. */
  #configOf({ url }: Member): DatasourceConfig {
    return { ...this.#config, url, members: [] }
  }

  /** Its pool opens a connection when one is asked for. */
  #settingsOf({ name, url }: Member): DatasourceConfig {
    return { ...this.#config, name: `${this.#config.name}/${name}`, url, members: [], min: 0, initial: undefined, required: false }
  }
}

const statementOf = (given: string | RunStatement): RunStatement => (typeof given === 'string' ? { text: given } : given)

/** Without a name it is that of its host and port. */
export function membersOf({ members }: Pick<DatasourceConfig, 'members'>): readonly Member[] {
  return members.map((member) => ({ ...member, name: member.name ?? new URL(member.url).host }))
}
