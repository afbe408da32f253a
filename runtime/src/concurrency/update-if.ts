/** Optimistic updates: a row, or a hash of Redis, is changed only if nobody has changed it since it was read. */
import { fail } from './errors.ts'

/** A pool or connection of pg or mysql2; a datasource of sqlite. */
export interface UpdateTarget {
  query(sql: string, values: unknown[]): unknown
  /** Those of pg have none. */
  execute?: unknown
  /** Those of mysql2 with callbacks give one with promises. */
  promise?: unknown
}

/** A client of ioredis. */
export interface RedisTarget {
  eval(script: string, keys: number, ...keysAndArguments: readonly (string | number)[]): Promise<unknown>
}

export interface VersionedUpdate {
  /** Columns that name the row. */
  readonly where: Readonly<Record<string, unknown>>
  /** The version that was read. */
  readonly version: number
  readonly set: Readonly<Record<string, unknown>>
  /** Column of the version. Default: `version`. */
  readonly versionColumn?: string
}

/**
 * Changes a row and raises its version, if it still has the version that was read. Returns whether it was changed.
 * @throws SPY_UPDATE_COLUMNS
 *
 * @example
 * const isSold = await updateIf(pool, 'products', { where: { id: 7 }, version: 3, set: { stock: 4 } })
 */
export async function updateIf(given: UpdateTarget, table: string, update: VersionedUpdate): Promise<boolean> {
  const target = typeof given.promise === 'function' ? (given as { promise(): UpdateTarget }).promise() : given
  const { sql, values } = updateStatement(table, update, target.execute === undefined ? POSTGRES : OTHERS)
  const verb = target.execute === undefined ? 'query' : 'execute'
  return changedRows(await (target as Record<typeof verb, UpdateTarget['query']>)[verb](sql, values)) > 0
}

/**
 * The same for a hash of Redis, whose field `version` begins with 0 where it is missing.
 *
 * @example
 * const isSold = await updateHashIf(redis, 'product:7', { version: 3, set: { stock: 4 } })
 */
export async function updateHashIf(
  redis: RedisTarget,
  key: string,
  { version, set }: { readonly version: number; readonly set: Readonly<Record<string, string | number>> },
): Promise<boolean> {
  return (await redis.eval(UPDATE_HASH, 1, key, version, ...Object.entries(set).flat())) === 1
}

const UPDATE_HASH = `
if tonumber(redis.call('HGET', KEYS[1], 'version') or '0') ~= tonumber(ARGV[1]) then return 0 end
if #ARGV > 1 then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1)
return 1`

interface Dialect {
  readonly quote: (name: string) => string
  readonly placeholder: (number: number) => string
}

const POSTGRES: Dialect = { quote: (name) => `"${name.replaceAll('"', '""')}"`, placeholder: (number) => `$${number}` }
/** SQLite takes the quotes of MySQL. */
const OTHERS: Dialect = { quote: (name) => `\`${name.replaceAll('`', '``')}\``, placeholder: () => '?' }

function updateStatement(
  table: string,
  { where, version, set, versionColumn = 'version' }: VersionedUpdate,
  { quote, placeholder }: Dialect,
) {
  const [changed, named] = [Object.keys(set), Object.keys(where)]
  const wrong = mistakeIn(changed, named, versionColumn)
  if (wrong !== undefined) throw fail('SPY_UPDATE_COLUMNS', [table, wrong])
  const column = quote(versionColumn)
  const assignments = changed.map((name, at) => `${quote(name)} = ${placeholder(at + 1)}`)
  const conditions = [...named.map(quote), column].map((name, at) => `${name} = ${placeholder(changed.length + at + 1)}`)
  return {
    sql: `UPDATE ${table.split('.').map(quote).join('.')} SET ${[...assignments, `${column} = ${column} + 1`].join(', ')} WHERE ${conditions.join(' AND ')}`,
    values: [...Object.values(set), ...Object.values(where), version],
  }
}

function mistakeIn(changed: readonly string[], named: readonly string[], versionColumn: string): string | undefined {
  if (changed.length === 0) return '"set" is empty'
  if (named.length === 0) return '"where" is empty, which would be every row'
  return [...changed, ...named].includes(versionColumn) ? `${versionColumn} is the version` : undefined
}

/** pg: `rowCount`; mysql2: `affectedRows`, alone or first of a pair; sqlite: `changes`. */
function changedRows(result: unknown): number {
  const { rowCount, affectedRows, changes } = ((Array.isArray(result) ? result[0] : result) ?? {}) as Record<string, number | undefined>
  return rowCount ?? affectedRows ?? changes ?? 0
}
