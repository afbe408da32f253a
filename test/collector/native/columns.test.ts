import { expect, test } from 'vitest'
import { tables, type TableName } from '@spyglass/agent/contract'
import { columnOf, MapColumn } from '../../../collector/src/native/columns.ts'
import { limits, cutAt } from '../../../collector/src/decode/limits.ts'
import { TableBlock } from '../../../collector/src/native/table-block.ts'
import { readNative } from '../../support/native.ts'

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
  const texts = ['IncidentId', 'Resource', 'Message', 'Holders']
  for (const name of names) {
    block.fixed('Time').data.whole(1)
    for (const column of ['Name', 'Phase', 'Severity', 'ServiceName', 'Instance'])
      block.dictionary(column).string(column === 'Name' ? name : '')
    for (const column of texts) block.text(column).string('')
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

test('a text is cut between characters', () => {
  const bytes = Buffer.from('ä'.repeat(10))
  expect(cutAt(bytes, 0, bytes.length, 5)).toBe(4)
  expect(cutAt(bytes, 0, bytes.length, limits.nameBytes)).toBe(20)
})
