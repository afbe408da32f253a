import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OpenType } from '@spyglass/agent/contract'
import { dateText, writeInteger, writerOf } from '../../../../agent/mbeans/src/jolokia/fragments.ts'
import { treeOf, writeTree } from '../../../../agent/mbeans/src/jolokia/tree.ts'

const write = (type: OpenType, value: unknown) => writerOf(type)(value)
const unlimited = { maxDepth: 0, maxCollectionSize: 0, maxObjects: 0, serializeLong: false }

/** Types and values that fit them. */
const simple: readonly (readonly [OpenType, fc.Arbitrary<unknown>])[] = [
  ['int', fc.integer()],
  ['long', fc.oneof(fc.bigInt(), fc.maxSafeInteger())],
  ['double', fc.double()],
  ['boolean', fc.boolean()],
  ['string', fc.string({ unit: 'binary' })],
  ['date', fc.date({ noInvalidDate: true }).map(Number)],
  ['objectName', fc.string()],
]
const typed = fc.oneof(...simple.map(([type, value]) => value.map((each): readonly [OpenType, unknown] => [type, each])))
const nested = typed.chain(([type, value]) =>
  fc.constantFrom<readonly [OpenType, unknown]>(
    [type, value],
    [{ array: type }, [value, value]],
    [
      { composite: 'C', items: { a: type, __proto__x: type } },
      { a: value, __proto__x: value },
    ],
    [{ table: 'T', row: { k: 'string', v: type }, index: ['k'] }, [{ k: 'x', v: value }]],
    [{ table: 'M', row: { key: 'string', value: type }, index: ['key'] }, [{ key: '__proto__', value }]],
  ),
)

describe('writers', () => {
  it.each<[OpenType, unknown, string]>([
    ['long', 9_007_199_254_740_993n, '9007199254740993'],
    ['long', 1e21, '1000000000000000000000'],
    ['int', 1.7, '1'],
    ['int', -0, '0'],
    ['double', Number.NaN, 'null'],
    ['double', Number.POSITIVE_INFINITY, 'null'],
    ['date', 0, '"1970-01-01T00:00:00.000Z"'],
    ['date', 1e300, 'null'],
    ['objectName', 'd:k=v', '{"objectName":"d:k=v"}'],
    [{ array: 'int' }, [1, 2], '[1,2]'],
    [{ array: { array: 'string' } }, [['a']], '[["a"]]'],
    [{ composite: 'C', items: { a: 'int', b: 'string' } }, { b: 'x', a: 1, c: 2 }, '{"a":1,"b":"x"}'],
    [{ table: 'T', row: { a: 'string', b: 'int' }, index: ['a'] }, [{ a: 'x', b: 1 }], '{"x":{"a":"x","b":1}}'],
    [{ table: 'M', row: { key: 'string', value: 'string' }, index: ['key'] }, [{ key: 'k', value: 'v' }], '{"k":"v"}'],
    ['string', undefined, 'null'],
    ['int', 'not a number', 'null'],
    [{ array: 'int' }, {}, 'null'],
    [{ composite: 'C', items: { a: 'int' } }, 5, 'null'],
  ])('write %j of %s as %s', (type, value, expected) => expect(write(type, value)).toBe(expected))

  it('write JSON that says the same as the tree does', () => {
    fc.assert(
      fc.property(nested, ([type, value]) => {
        const text = write(type, value)
        expect(writeTree(treeOf(value, type), unlimited)).toBe(text)
        expect(() => JSON.parse(text) as unknown).not.toThrow()
      }),
    )
  })

  it('write JSON whatever a pushed value is', () => {
    const types = nested.map(([type]) => type)
    fc.assert(
      fc.property(types, fc.anything(), (type, value) => {
        expect(() => JSON.parse(write(type, value)) as unknown).not.toThrow()
        expect(writeTree(treeOf(value, type), unlimited)).toBe(write(type, value))
      }),
    )
  })
})

describe('writeInteger and dateText', () => {
  it('take no exponent and no impossible date', () => {
    expect(writeInteger(-1e25)).toBe('-10000000000000000905969664')
    expect(dateText(Number.NaN)).toBeUndefined()
  })
})
