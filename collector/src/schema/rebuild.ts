/** Steps of migrations that change what ALTER cannot: the type or key of a table, or its name. */
import { DATABASE, type Table } from '@spyglass/agent/contract'
import { createTable, type Retention, type RunStatement } from './ddl.ts'

/**
 * Gives a table the engine, keys and types that `table` declares: copies it, partition by partition, into a new one, and exchanges the two.
 * Needs the table's size again on the disk. After a kill the copy starts over, or only the leftover table is dropped.
 */
export async function rebuildTable(run: RunStatement, table: Table, retention: Retention): Promise<readonly string[]> {
  const aside = `${table.name}__rebuilt`
  const drop = `DROP TABLE IF EXISTS ${DATABASE}.${aside}`
  if (await isAsDeclared(run, table)) return [drop]
  const present = new Set((await run(`SELECT name FROM system.columns WHERE database = '${DATABASE}' AND table = '${table.name}'`)).flat())
  const columns = table.columns
    .filter(({ name }) => present.has(name))
    .map(({ name }) => `\`${name}\``)
    .join(', ')
  const partitions = await run(
    `SELECT DISTINCT partition_id FROM system.parts WHERE database = '${DATABASE}' AND table = '${table.name}' AND active ORDER BY partition_id`,
  )
  return [
    drop,
    createTable({ ...table, name: aside }, retention),
    ...partitions.map(
      ([id = '']) =>
        `INSERT INTO ${DATABASE}.${aside} (${columns}) SETTINGS insert_deduplicate = 0 SELECT ${columns} FROM ${DATABASE}.${table.name} WHERE _partition_id = '${id}'`,
    ),
    `EXCHANGE TABLES ${DATABASE}.${table.name} AND ${DATABASE}.${aside}`,
    drop,
  ]
}

/** Renames a table, unless it already has the name. */
export async function renameTable(run: RunStatement, from: string, to: string): Promise<readonly string[]> {
  const names = new Set((await run(`SELECT name FROM system.tables WHERE database = '${DATABASE}'`)).flat())
  return names.has(from) && !names.has(to) ? [`RENAME TABLE ${DATABASE}.${from} TO ${DATABASE}.${to}`] : []
}

async function isAsDeclared(run: RunStatement, table: Table): Promise<boolean> {
  const [[engine = '', partition = '', sorting = ''] = []] = await run(
    `SELECT engine, partition_key, sorting_key FROM system.tables WHERE database = '${DATABASE}' AND name = '${table.name}'`,
  )
  const types = new Map(
    (await run(`SELECT name, type FROM system.columns WHERE database = '${DATABASE}' AND table = '${table.name}'`)).map(([name, type]) => [
      name,
      type,
    ]),
  )
  const hasTypes = table.columns.every(({ name, type }) => !types.has(name) || types.get(name) === type)
  return engine === table.engine && bare(partition) === bare(table.partitionBy) && bare(sorting) === bare(table.orderBy) && hasTypes
}

/** The engine shows a key without the brackets around it. */
const bare = (key: string): string => key.replace(/^\((.*)\)$/, '$1').replaceAll(' ', '')
