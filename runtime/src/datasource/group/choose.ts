/**
 * Which member of a group gets what: pure functions of what is known. Writes follow the database that accepts them on the newest timeline, never a name: a
 * primary that comes back after another was promoted has lost what was written since.
 */
import { containsGtids, type GtidSet, gtidSetOf } from './gtid-set.ts'
import type { Member, MemberState } from './member.ts'

export interface Known {
  readonly member: Member
  readonly state: MemberState
}

/** What a group remembers from one choice to the next. */
export interface Memory {
  /** Who got the writes last. */
  readonly writer: string | undefined
  /** The newest timeline that was seen. */
  readonly timeline: number
  /** Those that others have replaced and that were not seen as copies since. */
  readonly deposed: ReadonlySet<string>
  /** An earlier process has seen that; this one has not followed anybody yet. */
  readonly isRestored?: boolean
}

export const NOTHING: Memory = { writer: undefined, timeline: 0, deposed: new Set() }

/** Why a member is not chosen. */
export type Obstacle =
  | 'unknown'
  | 'down'
  | 'read-only'
  | 'replica'
  | 'outdated'
  /** Nothing tells which of those that accept writes has replaced the other. */
  | 'ambiguous'
  | 'writable'
  | 'restoring'
  | 'lagging'
  | 'no weight'
  | 'other tag'

export interface Refusal {
  readonly code: 'SPY_WRITER_MISSING' | 'SPY_READER_MISSING'
  readonly obstacles: ReadonlyMap<string, Obstacle>
}

/** What is known now changes what is remembered: the newest timeline, and who is a copy again. */
export function remembered(memory: Memory, group: readonly Known[]): Memory {
  const timelines = group.map(timelineOf)
  // if all have answered at a start and none is on it, what was written on the newest is nowhere any more: they were made from a backup
  const isGone = memory.isRestored === true && timelines.every((one) => one > 0)
  const timeline = Math.max(isGone ? 0 : memory.timeline, ...timelines)
  const isCopy = ({ state }: Known): boolean => state.health === 'up' && state.standing?.isWritable === false
  const copies = new Set(group.filter(isCopy).map(({ member }) => member.name))
  return { ...memory, timeline, deposed: new Set([...memory.deposed].filter((name) => !copies.has(name))) }
}

/** A replica that somebody made writable for himself says nothing about the group. */
function timelineOf({ member, state: { health, standing } }: Known): number {
  if (health !== 'up' || !standing || (member.role === 'replica' && standing.isWritable)) return 0
  return standing.timeline
}

/**
 * The memory when writes go to that member of the group from now on. Others that accepted them, and have no timeline to tell that they are old, count as
 * replaced: they must not get the writes when it is down.
 */
export function followed(memory: Memory, writer: string, group: readonly Known[]): Memory {
  const rivals = group
    .filter((known) => known.state.standing?.timeline === 0 && !writeObstacle(known, memory))
    .map(({ member }) => member.name)
  const before = memory.writer === undefined ? rivals : [memory.writer, ...rivals]
  return { ...memory, isRestored: false, writer, deposed: new Set([...memory.deposed, ...before].filter((name) => name !== writer)) }
}

/** Why a member does not get the writes. */
function writeObstacle({ member, state }: Known, memory: Memory): Obstacle | undefined {
  const { standing, health } = state
  if (member.role === 'replica') return 'replica'
  if (health !== 'up' || !standing) return health === 'up' ? 'unknown' : health
  if (!standing.isWritable) return 'read-only'
  return isOutdated(member.name, standing.timeline, memory) ? 'outdated' : undefined
}

/** Another has been promoted since. One that was replaced is believed again once it has been seen as a copy, on the newest timeline. */
function isOutdated(name: string, timeline: number, { timeline: newest, deposed }: Memory): boolean {
  return timeline < newest || deposed.has(name)
}

/**
 * Who gets the writes. `memory` is up to date. The first is chosen when all have answered or are down: one that is still silent may be on a newer timeline.
 * Who has none in memory, as after a reload, cannot know which of several has replaced the other, unless the databases tell: then nobody gets them.
 */
export function chooseWriter(group: readonly Known[], memory: Memory): Member | Refusal {
  const obstacles = obstaclesOf(group, (known) => writeObstacle(known, memory))
  if (memory.writer === undefined && group.some(isAwaited)) return { code: 'SPY_WRITER_MISSING', obstacles }
  const able = group.filter(({ member }) => !obstacles.has(member.name))
  const present = able.find(({ member }) => member.name === memory.writer)
  const best = present ?? foremost(able)
  if (best) return best.member
  return { code: 'SPY_WRITER_MISSING', obstacles: obstaclesOf(group, ({ member }) => obstacles.get(member.name) ?? 'ambiguous') }
}

const isAwaited = ({ member, state }: Known): boolean => member.role !== 'replica' && state.health === 'unknown'

/**
 * On one timeline the log that has come furthest. Where there are no timelines, the one that has all transactions of the others and more: the number of them
 * proves nothing, since an old primary may have many that were never copied. Nor does a replica that copies one of them: it may not have heard of the
 * promotion, and then goes back to the old primary by itself.
 */
function foremost(able: readonly Known[]): Known | undefined {
  if (able.length < 2 || able.some(({ state }) => state.standing?.timeline !== 0)) return able.toSorted(byPosition)[0]
  const sets = able.map(({ state }) => gtidSetOf(state.standing?.gtid ?? ''))
  return able.find((_, i) => sets.every((set, j) => i === j || hasMore(sets[i], set)))
}

/** One that reports no transactions may have any. */
function hasMore(one: GtidSet | undefined, other: GtidSet | undefined): boolean {
  return one !== undefined && other !== undefined && other.size > 0 && containsGtids(one, other) && !containsGtids(other, one)
}

/** The one whose log has come furthest first; the order of the configuration decides between equals. */
function byPosition(a: Known, b: Known): number {
  const [left, right] = [a.state.standing?.position ?? 0n, b.state.standing?.position ?? 0n]
  return left === right ? 0 : left > right ? -1 : 1
}

export interface ReadLimits {
  readonly now: number
  readonly restoreAfterMs: number
  readonly maxLagMs: number
}

export interface ReadWish {
  readonly tag?: string | undefined
  /** Members that were tried already. */
  readonly not?: ReadonlySet<string> | undefined
}

/**
 * Those that a read may go to: copies that are up, not too far behind and back for long enough; where there is none, the one that gets the writes. With a tag
 * only those that have it.
 */
export function readers(group: readonly Known[], memory: Memory, wish: ReadWish, limits: ReadLimits): readonly Member[] | Refusal {
  const wanted = group.filter(({ member }) => wish.tag === undefined || member.tags.includes(wish.tag))
  const others = obstaclesOf(group, (known) => (wanted.includes(known) ? undefined : 'other tag'))
  const obstacles = obstaclesOf(wanted, (known) => (wish.not?.has(known.member.name) ? 'down' : readObstacle(known, memory, limits)))
  const able = wanted.filter(({ member }) => !obstacles.has(member.name))
  const found = able.length > 0 ? able : wanted.filter(({ member }) => member.name === memory.writer && !wish.not?.has(member.name))
  if (found.length > 0) return found.map(({ member }) => member)
  return { code: 'SPY_READER_MISSING', obstacles: new Map([...others, ...obstacles]) }
}

function readObstacle({ member, state }: Known, { timeline }: Memory, { now, restoreAfterMs, maxLagMs }: ReadLimits): Obstacle | undefined {
  const { health, standing, upSince } = state
  if (health !== 'up' || !standing) return health === 'up' ? 'unknown' : health
  // it may be the one that was replaced, whose data are not those of the group
  if (standing.isWritable) return 'writable'
  if (standing.timeline > 0 && standing.timeline < timeline) return 'outdated'
  if (member.weight === 0) return 'no weight'
  if (now - upSince < restoreAfterMs) return 'restoring'
  return (standing.lagMs ?? Number.POSITIVE_INFINITY) > maxLagMs ? 'lagging' : undefined
}

/** One of the members: by their weights, `draw` from 0 to 1, or the one with the fewest lent connections for its weight. */
export function oneOf(members: readonly Member[], balance: 'weight' | 'least', draw: number, lentOf: (name: string) => number): Member {
  const [first] = members as readonly [Member]
  if (members.length === 1) return first
  if (balance === 'least') return members.toSorted((a, b) => lentOf(a.name) / weightOf(a) - lentOf(b.name) / weightOf(b))[0] ?? first
  let left = draw * members.reduce((sum, one) => sum + weightOf(one), 0)
  return members.find((one) => (left -= weightOf(one)) < 0) ?? first
}

/** Only the one that gets the writes may be here without a weight. */
const weightOf = ({ weight }: Member): number => Math.max(weight, Number.MIN_VALUE)

function obstaclesOf(group: readonly Known[], of: (known: Known) => Obstacle | undefined): Map<string, Obstacle> {
  return new Map(
    group.flatMap((known) => {
      const obstacle = of(known)
      return obstacle === undefined ? [] : [[known.member.name, obstacle] as const]
    }),
  )
}

export const isRefusal = (choice: object): choice is Refusal => 'code' in choice
