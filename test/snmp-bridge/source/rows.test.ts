import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatOid } from '../../../snmp-bridge/src/ber/oid.ts'
import { mibTables } from '../../../snmp-bridge/src/mib/tables.ts'
import { openRowNumbers } from '../../../snmp-bridge/src/source/row-numbers.ts'
import { columnTypes, staleInstances, tableRows } from '../../../snmp-bridge/src/source/rows.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const tables = mibTables()
const tableOf = (name: string) => tables.find(({ kind }) => kind.name === name)!
const ROOT = [1, 3, 6, 1, 4, 1, 32_473]

test('a resource of an instance is indexed by the number of the instance and its own', () => {
  const numbers = openRowNumbers(join(tempFolder(), 'rows.json'))
  numbers.numberOf('instance', 'other')
  const rows = tableRows(
    tableOf('datasource'),
    [{ instance: 'http-1', name: 'shop', state: 'ok', activeConnections: 3 }],
    numbers.numberOf,
    ROOT,
  )
  expect(rows.map(({ oid, value }) => [formatOid(oid.slice(ROOT.length)), value])).toEqual([
    ['1.4.1.3.2.1', { type: 'octets', value: Buffer.from('http-1') }],
    ['1.4.1.4.2.1', { type: 'octets', value: Buffer.from('shop') }],
    ['1.4.1.5.2.1', { type: 'integer', value: 1 }],
    ['1.4.1.10.2.1', { type: 'gauge32', value: 3 }],
  ])
})

test('a resource without its keys has no row', () => {
  const numbers = openRowNumbers(join(tempFolder(), 'rows.json'))
  expect(tableRows(tableOf('datasource'), [{ name: 'shop', state: 'ok' }], numbers.numberOf, ROOT)).toEqual([])
})

test('of a stale instance name and state unknown are left', () => {
  expect(staleInstances(tableOf('instance'), [{ name: 'http-1', state: 'ready', pid: 5 }])).toEqual([{ name: 'http-1', state: 'unknown' }])
})

test('every column is a known type, rows or not', () => {
  expect(columnTypes(tables, ROOT)).toHaveLength(tables.reduce((sum, { columns }) => sum + columns.length, 0))
})
