/**
 * Lets counters go on over the generations of a process: to what the present one counts is added what its predecessors counted to their end, and what
 * those that still drain count now. Without it every reload would make them fall to zero, and with them rates, alerts and bills.
 */
import { type RegistrySnapshot, type ResourceSnapshot } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'

type Counts = Map<string, number>

/** What is known of the processes of one name. */
interface Lineage {
  /** Of generations that have ended, by resource and attribute. */
  readonly ended: Counts
  /** The last push of each process that has not ended, by pid; from an earlier management, what it counted then. */
  readonly living: Map<number, RegistrySnapshot | Counts>
}

/** What the next management process needs to go on. JSON. */
export type ContinuityMemory = readonly {
  readonly source: string
  readonly ended: readonly CountEntry[]
  readonly living: readonly (readonly [pid: number, counts: readonly CountEntry[]])[]
}[]
type CountEntry = readonly [counter: string, count: number]

export class CounterContinuity {
  readonly #lineages: Map<string, Lineage>

  /** Goes on where an earlier one stopped. A process that ended in between stays among the living, with what it had counted. */
  constructor(memory: ContinuityMemory = []) {
    this.#lineages = new Map(
      memory.map(({ source, ended, living }) => [
        source,
        { ended: new Map(ended), living: new Map(living.map(([pid, counts]) => [pid, new Map(counts)])) },
      ]),
    )
  }

  get memory(): ContinuityMemory {
    return [...this.#lineages].map(([source, { ended, living }]) => ({
      source,
      ended: [...ended],
      living: [...living].map(([pid, last]) => [pid, [...addTo(new Map(), last)]] as const),
    }))
  }

  /** A process pushed its resources. Returns them with the counts of all generations. */
  pushed(source: string, pid: number, snapshot: RegistrySnapshot): RegistrySnapshot {
    const lineage = this.#lineageOf(source)
    lineage.living.set(pid, snapshot)
    const others = [...lineage.living].filter(([other]) => other !== pid).map(([, other]) => other)
    if (others.length === 0 && lineage.ended.size === 0) return snapshot
    const before = new Map(lineage.ended)
    for (const other of others) addTo(before, other)
    return { ...snapshot, resources: snapshot.resources.map((resource) => withCounts(resource, before)) }
  }

  /** The process has ended: what it counted last stays. */
  ended(source: string, pid: number): void {
    const lineage = this.#lineages.get(source)
    const last = lineage?.living.get(pid)
    if (!lineage || !last) return
    lineage.living.delete(pid)
    addTo(lineage.ended, last)
  }

  #lineageOf(source: string): Lineage {
    let lineage = this.#lineages.get(source)
    if (!lineage) this.#lineages.set(source, (lineage = { ended: new Map(), living: new Map() }))
    return lineage
  }
}

function addTo(counts: Counts, more: RegistrySnapshot | Counts): Counts {
  for (const [key, value] of more instanceof Map ? more : countsIn(more)) counts.set(key, (counts.get(key) ?? 0) + value)
  return counts
}

function* countsIn({ resources }: RegistrySnapshot): Iterable<CountEntry> {
  for (const resource of resources) {
    for (const name of countersOf(resource.kind)) {
      const value = resource.values[name]
      if (typeof value === 'number') yield [keyOf(resource, name), value]
    }
  }
}

/** The resource itself, unless something was counted before. */
function withCounts(resource: ResourceSnapshot, before: Counts): ResourceSnapshot {
  const counted = countersOf(resource.kind).flatMap((name) => {
    const value = resource.values[name]
    const earlier = before.get(keyOf(resource, name))
    return typeof value === 'number' && earlier !== undefined ? [[name, value + earlier] as const] : []
  })
  return counted.length === 0 ? resource : { ...resource, values: { ...resource.values, ...Object.fromEntries(counted) } }
}

const keyOf = ({ kind, keys }: ResourceSnapshot, name: string): string => JSON.stringify([kind, Object.values(keys), name])

const counters = new Map<string, readonly string[]>()

/** The beans of the platform are those of one process, and begin with it. */
function countersOf(kind: string): readonly string[] {
  let names = counters.get(kind)
  if (!names) {
    const declared = kindNamed(kind)
    const isOurs = declared !== undefined && !declared.domain.startsWith('java.')
    names = isOurs ? Object.entries(declared.attributes).flatMap(([name, { role }]) => (role === 'counter' ? [name] : [])) : []
    counters.set(kind, names)
  }
  return names
}
