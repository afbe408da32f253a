import { describe, expect, it } from 'vitest'
import { DateNode, LongNode, MISSING, type Tree, pick, treeOf, writeTree } from '../../../../agent/mbeans/src/jolokia/tree.ts'

const limits = { maxDepth: 0, maxCollectionSize: 0, maxObjects: 0, serializeLong: false }
const tree: Tree = new Map<string, Tree>([
  ['heap', new Map<string, Tree>([['used', new LongNode(5)]])],
  ['other', new Map<string, Tree>([['free', new LongNode(6)]])],
  ['list', ['a', 'b', 'c']],
  ['since', new DateNode(1000)],
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

  it('cuts arrays at maxCollectionSize', () => expect(writeTree(['a', 'b', 'c'], { ...limits, maxCollectionSize: 2 })).toBe('["a","b"]'))

  it('stops at maxObjects', () => {
    expect(writeTree(tree, { ...limits, maxObjects: 2 })).toContain('"other":"[Object limit exceeded]"')
  })

  it('writes longs as texts when asked', () => {
    const value = treeOf([{ a: 2n ** 60n }], { array: { composite: 'C', items: { a: 'long' } } })
    expect(writeTree(value, { ...limits, serializeLong: true })).toBe('[{"a":"1152921504606846976"}]')
  })
})
