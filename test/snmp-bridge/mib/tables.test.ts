import { expect, test } from 'vitest'
import { declareKind } from '@spyglass/agent/contract'
import { mibTables } from '../../../snmp-bridge/src/mib/tables.ts'

test('kinds with a table number become tables in that order, with their declared columns', () => {
  const tables = mibTables()
  expect(tables.map(({ prefix }) => prefix).slice(0, 4)).toEqual(['sgServer', 'sgInstance', 'sgListener', 'sgDatasource'])
  const datasource = tables.find(({ prefix }) => prefix === 'sgDatasource')!
  expect(datasource.indexes.map(({ descriptor }) => descriptor)).toEqual(['sgInstanceIndex', 'sgDatasourceIndex'])
  expect(datasource.indexColumn).toBe(2)
  expect(datasource.columns.map(({ number }) => number)).toEqual(datasource.columns.map(({ number }) => number).toSorted((a, b) => a - b))
  expect(datasource.columns.some(({ attribute }) => attribute === 'borrowers')).toBe(false)
})

test('descriptors are unique, none is longer than 32 characters, and no column takes the number of the index', () => {
  const tables = mibTables()
  const descriptors = tables.flatMap(({ columns }) => columns.map(({ descriptor }) => descriptor.toLowerCase()))
  expect(new Set(descriptors).size).toBe(descriptors.length)
  expect(descriptors.filter(({ length }) => length > 32)).toEqual([])
  for (const { columns, indexColumn } of tables) for (const { number } of columns) expect(number).toBeGreaterThan(indexColumn)
})

test('a kind without a table number, and an attribute without a column, are not in the MIB', () => {
  const kind = declareKind({
    name: 'thing',
    domain: 'test',
    type: 'Thing',
    keys: ['name'],
    description: '',
    attributes: {
      name: { type: 'string', role: 'key', description: '', column: 2 },
      other: { type: 'int', role: 'gauge', description: '' },
    },
  })
  expect(mibTables([kind])).toEqual([])
  expect(mibTables([{ ...kind, table: 77 }])[0]!.columns.map(({ descriptor }) => descriptor)).toEqual(['sgThingName'])
})
