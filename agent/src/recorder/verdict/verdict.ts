/**
 * Why a request took its time: the causes with their shares, which sum to 1, and a sentence. A pure function of what was recorded and of what the event
 * loop did meanwhile. How time is divided is told in docs/how-to/slow-requests.md.
 */
import type { Child } from '../child.ts'
import { type PoolWait, poolWait } from '../kinds/pool-wait.ts'
import { type Statement, statement } from '../kinds/statement.ts'
import type { UnheldChildren } from '../unheld-children.ts'
import { type Cause, causeKey, type VerdictCause } from '../cause.ts'
import { causesOfWork } from './cpu-causes.ts'
import { knownEnd, type LoopEvidence, type LoopShares, loopShares } from './loop-evidence.ts'
import { type Interval, lengthWithin, type Partition, partition, type Wait } from './partition.ts'
import { sentenceOf } from './sentence.ts'

/** What a record knew when it ended. */
export interface VerdictFacts extends Interval {
  readonly children: readonly Child[]
  readonly unheld: UnheldChildren | undefined
  /** It was aborted, or still runs. */
  readonly isCutOff: boolean
  /** What its code carries with it, and the id of its span: evidence of who ran has one of the two. */
  readonly requestContext: object
  readonly spanId: string
}

export interface Verdict {
  readonly sentence: string
  /** Largest share first. */
  readonly causes: readonly VerdictCause[]
}

interface Sum {
  readonly cause: Cause
  ms: number
  count: number
}

const MAX_CAUSES = 8
const MAX_STATEMENT = 300
/** Of a wait for a connection that nobody noticed. */
const MIN_POOL_WAIT_MS = 1
/** By how much two accounts of one wait may differ. */
const SAME_MS = 1
const SAME_RATIO = 0.05

export function verdictOf(facts: VerdictFacts, evidence: LoopEvidence): Verdict {
  const sums = new Sums()
  const waits = waitsOf(facts, evidence, sums)
  const divided = partition(facts, waits, facts.isCutOff)
  for (const [key, ms] of divided.byCause) sums.add(key, ms)
  addRest(sums, facts, { divided, evidence })
  const causes = causesOf(sums.all(), facts.endMs - facts.startMs)
  return { sentence: sentenceOf(causes), causes }
}

class Sums {
  readonly #byKey = new Map<string, Sum>()

  /** Counts it, and returns its key. */
  noted(cause: Cause, count: number): string {
    const key = causeKey(cause)
    const sum = this.#byKey.get(key)
    if (sum) sum.count += count
    else this.#byKey.set(key, { cause, ms: 0, count })
    return key
  }

  add(key: string, ms: number): void {
    const sum = this.#byKey.get(key)
    if (sum) sum.ms += ms
  }

  all(): readonly Sum[] {
    return [...this.#byKey.values()]
  }
}

function waitsOf(facts: VerdictFacts, evidence: LoopEvidence, sums: Sums): readonly Wait[] {
  const waits = new Map<Child, Wait>()
  const poolWaits: Wait[] = []
  const told = toldTwice(facts.children)
  for (const child of facts.children) {
    const cause = told.has(child) ? undefined : child.kind.cause?.(child)
    if (cause) waits.set(child, waitOf(child, sums.noted(cause, 1), { facts, evidence, outer: outerOf(child, waits) }))
    const before = cause && isStatement(child) && !told.has(child.detail) ? waitBefore(child, cause) : undefined
    if (before) poolWaits.push({ ...before, cause: sums.noted(before.cause, 1), comesFirst: true })
  }
  return [...waits.values(), ...poolWaits]
}

interface Around {
  readonly facts: VerdictFacts
  readonly evidence: LoopEvidence
  readonly outer: Wait | undefined
}

function waitOf(child: Child, cause: string, { facts, evidence, outer }: Around): Wait {
  const isOpen = !child.ended || child.endMs > facts.endMs
  const endMs = isOpen ? facts.endMs : child.endMs
  const known = isOpen ? endMs : knownEnd({ startMs: child.startMs, endMs }, evidence)
  return { startMs: child.startMs, endMs: known, untilMs: endMs, cause, outer, isOpen, comesFirst: child.kind === poolWait }
}

/** The nearest one around it that is a wait; parents come before their children. */
function outerOf(child: Child, waits: ReadonlyMap<Child, Wait>): Wait | undefined {
  for (let parent = child.parent; parent; parent = parent.parent) {
    const wait = waits.get(parent)
    if (wait) return wait
  }
  return undefined
}

/** A statement knows how long it waited for its connection, and from where; it began when it had one. */
function waitBefore(child: Child<Statement>, { location }: Cause): (Interval & { cause: Cause; untilMs: number }) | undefined {
  const { pool, waitMs = 0, heldBy } = child.detail
  if (waitMs < MIN_POOL_WAIT_MS) return undefined
  const cause: Cause = { cause: 'pool_wait', peer: pool, location, heldBy }
  return { startMs: child.startMs - waitMs, endMs: child.startMs, untilMs: child.ended ? child.endMs : Number.POSITIVE_INFINITY, cause }
}

/**
 * A statement and a child may tell the same wait for a connection. The child counts if it knows its place; otherwise the statement does. Returns the
 * children that do not count, and the details of the statements whose wait does not.
 */
function toldTwice(children: readonly Child[]): ReadonlySet<object> {
  const poolWaits = children.filter(isPoolWait)
  const told = new Set<object>()
  if (poolWaits.length === 0) return told
  for (const one of children.filter(isStatement)) {
    const same = poolWaits.findLast((wait) => isSameWait(wait, one))
    if (same) told.add(same.site ? one.detail : same)
  }
  return told
}

function isSameWait(
  { detail, startMs, endMs }: Child<PoolWait>,
  { detail: { pool, waitMs = 0 }, startMs: begunMs }: Child<Statement>,
): boolean {
  const difference = Math.abs(endMs - startMs - waitMs)
  return detail.pool === pool && waitMs > 0 && endMs <= begunMs + SAME_MS && difference <= Math.max(SAME_MS, waitMs * SAME_RATIO)
}

const isStatement = (child: Child): child is Child<Statement> => (child.kind as object) === statement
const isPoolWait = (child: Child): child is Child<PoolWait> => (child.kind as object) === poolWait

interface Rest {
  readonly divided: Partition
  readonly evidence: LoopEvidence
}

/** What no held child covers: first what the others are known to have waited, then what the loop did. */
function addRest(sums: Sums, facts: VerdictFacts, { divided: { uncovered }, evidence }: Rest): void {
  const left = loopShares(uncovered, evidence)
  if (facts.unheld) addUnheld(sums, facts.unheld, { uncovered, left })
  for (const { cause, count, ms } of causesOfWork(left.workMs, facts)) sums.add(sums.noted(cause, count), ms)
  const rest: readonly (readonly [Cause['cause'], number])[] = [
    ['garbage_collection', left.collectionMs],
    ['event_loop', left.busyMs],
    ['unknown', left.unknownMs],
  ]
  for (const [cause, ms] of rest) if (ms > 0) sums.add(sums.noted({ cause }, 0), ms)
}

/** Taken first from the time in which the loop was idle. Where they overlap, each gets less in proportion. */
function addUnheld(sums: Sums, unheld: UnheldChildren, { uncovered, left }: { uncovered: readonly Interval[]; left: LoopShares }): void {
  const waiting = unheld.groups.flatMap((group) => {
    const cause = group.sample.kind.cause?.(group.sample)
    return cause ? [{ ...group, cause }] : []
  })
  const covered = waiting.reduce((sum, { coveredMs }) => sum + coveredMs, 0)
  const since = { startMs: unheld.sinceMs, endMs: Number.POSITIVE_INFINITY }
  const room = uncovered.reduce((sum, interval) => sum + lengthWithin(interval, since), 0)
  const scale = Math.min(1, room / covered)
  for (const { cause, count, coveredMs } of waiting) {
    const key = sums.noted(cause, count)
    if (covered > 0) sums.add(key, coveredMs * scale)
  }
  takeFrom(left, covered > 0 ? covered * scale : 0)
}

function takeFrom(left: LoopShares, ms: number): void {
  let missing = ms
  const taken = (from: number): number => {
    const part = Math.min(from, missing)
    missing -= part
    return from - part
  }
  left.unknownMs = taken(left.unknownMs)
  left.busyMs = taken(left.busyMs)
  for (const [work, workMs] of left.workMs) left.workMs.set(work, taken(workMs))
  left.collectionMs = taken(left.collectionMs)
}

/** In thousandths; what rounding leaves goes to the largest. */
function causesOf(sums: readonly Sum[], durationMs: number): readonly VerdictCause[] {
  const shared = sums.map(({ cause, count, ms }) => told(cause, count, durationMs > 0 ? Math.round((ms / durationMs) * 1000) : 0))
  const shown = shared.filter(({ share }) => share > 0).toSorted((a, b) => b.share - a.share || (causeKey(a) < causeKey(b) ? -1 : 1))
  const [first = { cause: 'unknown', share: 1000 }, ...others] = shown.slice(0, MAX_CAUSES)
  const hidden = sumOf(shown.slice(MAX_CAUSES))
  const causes: VerdictCause[] = [{ ...first, share: 1000 - sumOf(others) - hidden }, ...others]
  if (hidden > 0) causes.push({ cause: 'other', share: hidden })
  return causes.map((one) => ({ ...one, share: one.share / 1000 })).toSorted((a, b) => b.share - a.share)
}

const sumOf = (causes: readonly VerdictCause[]): number => causes.reduce((sum, { share }) => sum + share, 0)

function told(cause: Cause, count: number, share: number): VerdictCause {
  const text = cause.statement
  return {
    ...cause,
    ...(text === undefined ? {} : { statement: text.length > MAX_STATEMENT ? `${text.slice(0, MAX_STATEMENT)}…` : text }),
    share,
    ...(count > 0 ? { count } : {}),
  }
}
