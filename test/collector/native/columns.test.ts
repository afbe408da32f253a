import { expect, test } from 'vitest'
import { tables, type TableName } from '@spyglass/agent/contract'
import { columnOf, MapColumn } from '../../../collector/src/native/columns.ts'
import { TableBlock } from '../../../collector/src/native/table-block.ts'
import { readNative } from '../../support/native.ts'

const columnsOf = (type: string): readonly string[] =>
  tables.events.columns.flatMap((column) => (column.type === type && column.name !== 'Batch' ? [column.name] : []))
const DICTIONARIES = columnsOf('LowCardinality(String)')
const TEXTS = columnsOf('String')

test('every column of the contract has a writer', () => {
  for (const { columns } of Object.values(tables)) for (const { type } of columns) expect(columnOf(type)).toBeDefined()
  expect(() => columnOf('Decimal(9, 2)')).toThrow(expect.objectContaining({ code: 'SPY_COLUMN_TYPE' }))
})

test.each(Object.keys(tables) as TableName[])('an empty block of %s reads as no rows', (table) => {
  expect(readNative(new TableBlock(table).encode('b'))).toEqual([])
})

test.each([10, 300, 70_000])('a dictionary of %d values gives each row its own', (size) => {
  const block = new TableBlock('events')
  const names = Array.from({ length: size }, (_, i) => `name-${i}`)
  for (const name of names) {
    block.fixed('Time').data.whole(1)
    for (const column of DICTIONARIES) block.dictionary(column).string(column === 'Name' ? name : '')
    for (const column of TEXTS) block.text(column).string('')
    block.map('Attributes').entries([])
    block.endRow(1)
  }
  expect(readNative(block.encode('b')).map(({ Name }) => Name)).toEqual(names)
  block.reset()
  expect(readNative(block.encode('b'))).toEqual([])
})

test('a column asked for by the wrong type is refused', () => {
  const block = new TableBlock('otel_traces')
  expect(() => block.text('Timestamp')).toThrow(expect.objectContaining({ code: 'SPY_COLUMN_TYPE' }))
  expect(() => block.array('Events.Name', MapColumn)).toThrow(expect.objectContaining({ code: 'SPY_COLUMN_TYPE' }))
})

test('a row that is given up leaves no trace', () => {
  const write = (block: TableBlock, name: string): void => {
    block.fixed('Time').data.whole(1)
    for (const column of DICTIONARIES) block.dictionary(column).string(name)
    for (const column of TEXTS) block.text(column).string(name)
    block.map('Attributes').entries([[name, name]])
  }
  const block = new TableBlock('events')
  for (const name of ['a', 'dropped', 'b']) {
    expect(block.beginRow()).toBe(true)
    write(block, name)
    if (name === 'dropped') block.dropRow()
    else block.endRow(1)
  }
  const rows = readNative(block.encode('x'))
  expect(rows.map(({ Name, Message, Attributes }) => [Name, Message, Attributes])).toEqual([
    ['a', 'a', { a: 'a' }],
    ['b', 'b', { b: 'b' }],
  ])
})

test('a block takes no row beyond what it may hold', () => {
  const block = new TableBlock('events')
  block.rows = 500_000
  expect(block.beginRow()).toBe(false)
  block.reset()
  expect(block.beginRow()).toBe(true)
  block.text('Message').data.length = 300_000_000
  expect(block.beginRow()).toBe(false)
})
