/**
 * The numbers that NMS templates and stored graphs depend on. oid-lock.json beside the sources holds every number ever assigned; a
 * test compares it with the declarations. A new attribute is added to the lock; a removed one stays, so its number is never
 * reused.
 */
import { agentObjects } from './agent-objects.ts'
import { eventObjects, mibNotifications } from './notifications.ts'
import { mibTables } from './tables.ts'

export interface OidLock {
  readonly tables: Readonly<
    Record<string, { readonly number: number; readonly index: number; readonly columns: Readonly<Record<string, number>> }>
  >
  readonly agent: Readonly<Record<string, number>>
  readonly event: Readonly<Record<string, number>>
  readonly notifications: Readonly<Record<string, number>>
}

/** The numbers as they are declared now. */
export function lockOf(): OidLock {
  return {
    tables: Object.fromEntries(
      mibTables().map(({ kind, number, indexColumn, columns }) => [
        kind.name,
        { number, index: indexColumn, columns: Object.fromEntries(columns.map(({ name, number }) => [name, number])) },
      ]),
    ),
    agent: numbered(agentObjects),
    event: numbered(eventObjects),
    notifications: Object.fromEntries(mibNotifications().map(({ event, number }) => [event, number])),
  }
}

const numbered = (objects: readonly { descriptor: string; number: number }[]): Record<string, number> =>
  Object.fromEntries(objects.map(({ descriptor, number }) => [descriptor, number]))

/** Violations of the lock, one per line: changed numbers, reused numbers, numbers that are not locked yet. */
export function lockBreaches(lock: OidLock, declared: OidLock): string[] {
  const pairs = [...flat(declared)]
  const locked = new Map(flat(lock))
  const owners = new Map([...locked].map(([name, number]) => [`${spaceOf(name)}#${number}`, name]))
  return pairs.flatMap(([name, number]) => {
    const before = locked.get(name)
    const owner = owners.get(`${spaceOf(name)}#${number}`)
    if (before === undefined && owner !== undefined) return [`${name} uses ${number}, which belongs to ${owner}`]
    if (before === undefined) return [`${name} = ${number} is not in the lock: add it`]
    return before === number ? [] : [`${name} was ${before} and is ${number} now`]
  })
}

const spaceOf = (name: string): string => name.slice(0, name.lastIndexOf('.'))

function* flat(lock: OidLock): Iterable<readonly [string, number]> {
  for (const [kind, { number, index, columns }] of Object.entries(lock.tables)) {
    yield [`tables.${kind}`, number]
    yield [`columns.${kind}.(index)`, index]
    for (const [attribute, column] of Object.entries(columns)) yield [`columns.${kind}.${attribute}`, column]
  }
  for (const [name, number] of Object.entries(lock.agent)) yield [`agent.${name}`, number]
  for (const [name, number] of Object.entries(lock.event)) yield [`event.${name}`, number]
  for (const [name, number] of Object.entries(lock.notifications)) yield [`notifications.${name.replaceAll('.', '/')}`, number]
}
