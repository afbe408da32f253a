/** Turns resources into object instances. */
import type { Oid } from '../ber/oid.ts'
import { columnOid } from '../mib/layout.ts'
import type { MibTable } from '../mib/tables.ts'
import type { ManagedObject, ObjectTypes } from '../table/snapshot.ts'
import type { ResourceValues } from './jolokia-client.ts'

/** The number of a row within its space; undefined: the row is not shown. */
export type NumberOf = (space: string, name: string) => number | undefined

/** The cells of one table. An unknown value has no instance. */
export function tableRows(table: MibTable, resources: readonly ResourceValues[], numberOf: NumberOf, root: Oid): ManagedObject[] {
  const rows = resources.flatMap((resource) => {
    const index = rowIndex(table, resource, numberOf)
    return index ? [{ index, resource }] : []
  })
  return table.columns.flatMap((column) => {
    const prefix = columnOid(root, table.number, column.number)
    return rows.flatMap(({ index, resource }) => {
      const known = resource[column.attribute]
      const value = known === undefined ? undefined : column.encode(known)
      return value ? [{ oid: [...prefix, ...index], value }] : []
    })
  })
}

/** The number of each key within those before it: the second pool of instance 3 is 3.2. */
function rowIndex(table: MibTable, resource: ResourceValues, numberOf: NumberOf): number[] | undefined {
  const index: number[] = []
  for (const { space, key } of table.indexes) {
    const name = resource[key]
    if (typeof name !== 'string' && typeof name !== 'number') return undefined
    const number = numberOf([space, ...index].join('/'), String(name))
    if (number === undefined) return undefined
    index.push(number)
  }
  return index
}

/** All columns, also those of tables without rows. */
export function columnTypes(tables: readonly MibTable[], root: Oid): ObjectTypes {
  return tables.flatMap(({ number, columns }) => columns.map((column) => columnOid(root, number, column.number)))
}

/** Rows shown while the endpoint is silent: the instances last seen, by name, with the state unknown. */
export function staleInstances(table: MibTable, resources: readonly ResourceValues[]): ResourceValues[] {
  return resources.map((resource) => ({
    ...Object.fromEntries(table.kind.keys.map((key) => [key, resource[key] ?? ''])),
    state: 'unknown',
  }))
}
