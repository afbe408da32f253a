import { describe, expect, it } from 'vitest'
import { MISSING, type Tree, pick, treeOf, writeTree } from '../../../../agent/mbeans/src/jolokia/tree.ts'

const limits = { maxDepth: 0, maxCollectionSize: 0, maxObjects: 0, serializeLong: false }
const list = treeOf(['a', 'b', 'c'], { array: 'string' })
const tree: Tree = new Map<string, Tree>([
  ['heap', new Map<string, Tree>([['used', treeOf(5, 'long')]])],
  ['other', new Map<string, Tree>([['free', treeOf(6, 'long')]])],
  ['list', list],
  ['since', treeOf(1000, 'date')],
  ['none', null],
])
const picked = (...path: string[]) => {
  const found = pick(tree, path)
  return found === MISSING ? 'missing' : writeTree(found, limits)
}

describe('pick', () => {
  it('follows keys and indexes', () => {
    expect(picked('heap', 'used')).toBe('5')
    expect(picked('list', '1')).toBe('"b"')
    expect(picked('none')).toBe('null')
  })

  it('misses what is not there', () => {
    for (const path of [
      ['nope'],
      ['heap', 'nope'],
      ['list', '9'],
      ['list', 'x'],
      ['list', '-1'],
      ['heap', 'used', 'x'],
      ['none', 'x'],
      ['constructor'],
    ]) {
      expect(picked(...path)).toBe('missing')
    }
  })

  it('gives the milliseconds of a date', () => expect(picked('since', 'time')).toBe('1000'))

  it('takes every entry for a star, and leaves out those that miss', () => {
    expect(picked('*', 'used')).toBe('{"heap":5}')
    expect(picked('list', '*')).toBe('["a","b","c"]')
  })
})

describe('writeTree', () => {
  it('cuts at maxDepth to text', () => {
    expect(writeTree(tree, { ...limits, maxDepth: 1 })).toBe(
      String.raw`{"heap":"{\"used\":5}","other":"{\"free\":6}","list":"[\"a\",\"b\",\"c\"]","since":"1970-01-01T00:00:01.000Z","none":null}`,
    )
    expect(writeTree(tree, { ...limits, maxDepth: 2 })).toContain('"heap":{"used":"5"}')
  })

  it('cuts arrays and tables, and no composite, at maxCollectionSize', () => {
    const cut = { ...limits, maxCollectionSize: 2 }
    expect(writeTree(list, cut)).toBe('["a","b"]')
    const rows = ['a', 'b', 'c'].map((key) => ({ key, value: 1 }))
    const map = treeOf(rows, { table: 'M', row: { key: 'string', value: 'double' }, index: ['key'] })
    expect(writeTree(map, cut)).toBe('{"a":1.0,"b":1.0}')
    expect(writeTree(pick(map, ['*']) as Tree, cut)).toBe('{"a":1.0,"b":1.0}')
    const composite = { composite: 'C', items: { a: 'int', b: 'int', c: 'int' } } as const
    expect(writeTree(treeOf({ a: 1, b: 2, c: 3 }, composite), cut)).toBe('{"a":1,"b":2,"c":3}')
  })

  it('stops at maxObjects', () => {
    expect(writeTree(tree, { ...limits, maxObjects: 2 })).toContain('"other":"[Object limit exceeded]"')
  })

  it('writes what it cuts at maxDepth as the text of its JSON', () => {
    expect(writeTree(treeOf([1, 0.5], { array: 'double' }), { ...limits, maxDepth: 1 })).toBe('["1.0","0.5"]')
  })

  it('writes longs as texts when asked', () => {
    const value = treeOf([{ a: 2n ** 60n }], { array: { composite: 'C', items: { a: 'long' } } })
    expect(writeTree(value, { ...limits, serializeLong: true })).toBe('[{"a":"1152921504606846976"}]')
  })
})
