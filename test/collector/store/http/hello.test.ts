import { expect, test } from 'vitest'
import { helloBlock, isHello, wantsBlockInfo } from '../../../../collector/src/store/http/hello.ts'

test('only the statement of clickhouse-go is the hello', () => {
  expect(isHello('SELECT displayName(), version(), revision(), timezone()')).toBe(true)
  expect(isHello(' select displayName(),version(),revision(),timezone() ;')).toBe(true)
  expect(isHello('SELECT displayName(), version(), revision(), timezone(), 1')).toBe(false)
})

test('only a client of that revision that reads Native gets the newer form', () => {
  expect(wantsBlockInfo('Native', '54460')).toBe(true)
  expect(wantsBlockInfo('Native', null)).toBe(false)
  expect(wantsBlockInfo('TSV', '54460')).toBe(false)
})

test('the block has info, counts, and a serialisation byte after each type', () => {
  const name = (text: string) => String.fromCharCode(text.length) + text
  const head = '\x01\0\x02\xff\xff\xff\xff\0\x04\x01'
  const columns = [
    `${name('displayName()')}${name('String')}\0${name('spyglass')}`,
    `${name('version()')}${name('String')}\0${name('26.7')}`,
    `${name('revision()')}${name('UInt32')}\0\0\0\0\0`,
    `${name('timezone()')}${name('String')}\0${name('UTC')}`,
  ]
  expect(helloBlock('26.7', 'UTC').toString('latin1')).toBe(head + columns.join(''))
})
