/** A datasource with members, as a resource: a pool for writes whose connections follow the writer, and a pool for each member that is read from. */
import { isDeepStrictEqual } from 'node:util'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../clock/index.ts'
import type { Resource, ResourceSurroundings } from '../../resource-type/resource-type.ts'
import type { DatasourceFace } from '../adapters.ts'
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
import { type Opened, OpenMembers } from './open-members.ts'
import { ReadLending } from './read-lending.ts'
import type { ReadWish } from './choose.ts'
import { RoutedLending } from './routed-lending.ts'
import { SeenFile } from './seen-file.ts'
import { shardOf } from './shard.ts'

export class GroupResource implements Resource<DatasourceConfig, DatasourceFace> {
  readonly face: DatasourceFace
  readonly #around: ResourceSurroundings
  readonly #members: OpenMembers
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
    this.#members = this.#openMembers()
    const [first] = this.#members.all as [Member]
    this.#leading = first
    this.#writing = this.#members.open(first)
    this.#group = this.#makeGroup()
    const reporter = new PoolReporter(config.name, around)
    this.#pool = new Pool(this.#groupDriver(), config, reporter, around.clock)
    this.#pool.commits = commitWatch(this.#pool)
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
    const renews = OPENED_WITH.some((name) => !isDeepStrictEqual(config[name], before[name]))
    this.#members.change(renews)
    this.#membersChanged(renews)
  }

  carryOut(operation: string, given: Readonly<Record<string, unknown>>, part?: string): unknown {
    if (part !== undefined) return carryOutOn(this.#members.poolOf(part), operation, given)
    return carryOutOn(this.#pool, operation, given, this.#databases(given))
  }

  /** Those that an operator's statement is for. They need no pool. */
  #databases({ member, all }: Readonly<Record<string, unknown>>): ReadonlyMap<string, AskedDatabase> {
    const wanted = all === true ? this.#members.names : typeof member === 'string' ? [member] : undefined
    if (!wanted) return new Map([[this.#group.writer?.name ?? '', this.#pool]])
    const { clock, settings } = this.#pool
    return new Map(wanted.map((name) => [name, { driver: this.#members.driverOf(name), clock, settings }]))
  }

  requestEnded(traceId: string): void {
    for (const pool of this.#pools()) markLeaks(pool, traceId)
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all([this.#group.stop(), ...this.#pools().map((pool) => pool.close(deadlineMs))])
    this.#members.hide()
    this.#hide()
  }

  #openMembers(): OpenMembers {
    return new OpenMembers({
      config: () => this.#config,
      around: this.#around,
      driverFor: (member, driver) => memberDriver(driver, member, this.#group),
      commitsOf: commitWatch,
    })
  }

  #makeGroup(): Group {
    const { clock = systemClock, stateFolder, logger } = this.#around
    const { name, sharded } = this.#config
    return new Group({
      clock,
      seen: stateFolder === undefined || sharded ? undefined : new SeenFile(stateFolder, name, logger),
      settings: () => this.#config,
      members: this.#members.all,
      driverOf: ({ name }) => this.#members.driverOf(name),
      lentOf: (name) => this.#members.poolIfOpen(name)?.borrows.size ?? 0,
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

  #report() {
    const targetOf = ({ name }: Member): string => this.#members.driverOf(name).target
    const lentOf = (member: Member): number =>
      (this.#members.poolIfOpen(member.name)?.borrows.size ?? 0) + (member === this.#group.writer ? this.#pool.borrows.size : 0)
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
    this.#group.events.on('down', ({ name }) => {
      this.#members.poolIfOpen(name)?.renew()
      if (name === this.#leading.name) this.#pool.renew()
    })
  }

  /** Who has a connection for writes to a member that is gone, or that is elsewhere now, keeps it until it is returned. */
  #membersChanged(renews: boolean): void {
    const before = this.#leading
    const leading = this.#members.all.find(({ name }) => name === before.name)
    if (leading) this.#lead(leading)
    this.#group.become(this.#members.all)
    if (renews) this.#group.renewProbes()
    if (!renews && leading?.url === before.url) return
    this.#pool.renew()
    void askLimit(this.#pool)
  }

  #lead(to: Member): void {
    if (to === this.#leading) return
    this.#leading = to
    this.#writing.configure(this.#members.configOf(to))
  }

  #makeFace(): DatasourceFace {
    const lending = new RoutedLending({
      pool: this.#pool,
      routes: () => this.#config.routes,
      lendingTo: (to) => this.#read(to === 'read' ? {} : { tag: to }).lending,
    })
    const face = this.#writing.faceOf(lending)
    return Object.defineProperties(face, { read: { get: () => this.#read({}).face }, members: { value: this.#access() } })
  }

  #access(): Members<DatasourceFace> {
    const members = this.#members
    const poolsOf = (on: readonly string[]) => new Map(on.map((name) => [name, members.poolOf(name)]))
    const query: Members<DatasourceFace>['query'] = (text, params, on = members.names) =>
      runOnMembers(poolsOf(on), runOnce({ text, params }, query))
    const batch: Members<DatasourceFace>['batch'] = (statements, on = members.names) =>
      runOnMembers(poolsOf(on), runTogether(statements.map(statementOf), batch))
    return {
      get names() {
        return members.names
      },
      named: (name) => members.faceOf(name),
      tagged: (tag) => this.#read({ tag }).face,
      shardOf: (key) => shardOf(key, members.all),
      shard: (key) => members.faceOf(shardOf(key, members.all)),
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
      waitMs: () => this.#config.acquireTimeoutMs,
      poolOf: (name) => this.#members.poolOf(name),
      opened: () => this.#members.pools,
    })
    const made = { lending, face: this.#members.open(this.#leading).faceOf(lending) }
    this.#reading.set(tag, made)
    return made
  }

  #pools(): readonly Pool[] {
    return [this.#pool, ...this.#members.pools]
  }
}

function commitWatch({ driver, settings, figures }: Pool): CommitWatch {
  return new CommitWatch({
    name: settings.name,
    system: driver.system,
    target: () => driver.target,
    unknown: () => void figures.unknownCommits++,
  })
}

const statementOf = (given: string | RunStatement): RunStatement => (typeof given === 'string' ? { text: given } : given)
