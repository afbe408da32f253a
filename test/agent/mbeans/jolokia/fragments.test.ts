import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type OpenType, objectNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { writerOf } from '../../../../agent/mbeans/src/jolokia/fragments.ts'
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
  ['objectName', fc.string().map((name) => objectNameOf(kinds.store, { name }))],
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
    [{ table: 'M', row: { key: type, value: type }, index: ['key'] }, [{ key: value, value }]],
    [{ table: 'T', row: { k: type, v: 'int' }, index: ['k'] }, [{ k: value, v: 1 }]],
  ),
)

/** What JSON.parse loses: the text of each number, which is what distinguishes a double from a long. */
function parseWithSource(text: string): unknown {
  const reviver = (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new NumberText(context?.source ?? '') : value
  return JSON.parse(text, reviver)
}

class NumberText {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

/** A reader as strict as Java's: a number without point and exponent is a long, one with either a double. */
function problemOf(text: string, type: OpenType): string | undefined {
  return problemAt(parseWithSource(text), type)
}

function problemAt(value: unknown, type: OpenType): string | undefined {
  if (value === null) return undefined
  if (typeof type === 'string') return accepts[type](value) ? undefined : `${type}: ${JSON.stringify(value)}`
  if ('array' in type) return (value as unknown[]).map((item) => problemAt(item, type.array)).find(Boolean)
  const object = value as Record<string, unknown>
  if ('composite' in type) return problemOfItems(object, type.items)
  const isMap = type.index[0] === 'key' && 'value' in type.row
  const unreadable = Object.keys(object).find((key) => problemAt(parsedKey(key, type.row[type.index[0]!]!), type.row[type.index[0]!]!))
  if (unreadable !== undefined) return `key ${unreadable}`
  return Object.values(object)
    .map((row) => (isMap ? problemAt(row, type.row['value']!) : problemOfItems(row as Record<string, unknown>, type.row)))
    .find(Boolean)
}

/** A key as a reader of the index's type sees it: the text itself, or what it is JSON of. */
function parsedKey(key: string, type: OpenType): unknown {
  if (type === 'objectName') return { objectName: key }
  return type === 'string' || type === 'date' ? key : parseWithSource(key)
}

function problemOfItems(object: Record<string, unknown>, items: Readonly<Record<string, OpenType>>): string | undefined {
  return Object.entries(items)
    .map(([name, type]) => problemAt(object[name], type))
    .find(Boolean)
}

const isWhole = (value: unknown, bits: bigint): boolean =>
  value instanceof NumberText && /^-?\d+$/.test(value.source) && BigInt.asIntN(Number(bits), BigInt(value.source)) === BigInt(value.source)

const accepts: Readonly<Record<Extract<OpenType, string>, (value: unknown) => boolean>> = {
  int: (value) => isWhole(value, 32n),
  long: (value) => isWhole(value, 64n),
  double: (value) => value instanceof NumberText && /[.e]/.test(value.source),
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  date: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
  objectName: (value) => typeof (value as { objectName?: unknown }).objectName === 'string',
}

describe('writers', () => {
  it.each<[OpenType, unknown, string]>([
    ['long', 9_007_199_254_740_993n, '9007199254740993'],
    ['long', 2 ** 62, '4611686018427387904'],
    ['long', 2n ** 63n - 1n, '9223372036854775807'],
    ['long', 2n ** 63n, 'null'],
    ['long', -(2n ** 63n), '-9223372036854775808'],
    ['long', 1e21, 'null'],
    ['long', -0.5, '0'],
    ['int', 2 ** 31 - 1, '2147483647'],
    ['int', 2 ** 31, 'null'],
    ['double', 0, '0.0'],
    ['double', -0, '-0.0'],
    ['double', 1, '1.0'],
    ['double', -1, '-1.0'],
    ['double', 2 ** 53, '9007199254740992.0'],
    ['double', 1e20, '100000000000000000000.0'],
    ['double', 1e21, '1e+21'],
    ['double', 1.5, '1.5'],
    [{ array: 'double' }, [0, Number.NaN, 1], '[0.0,null,1.0]'],
    [{ composite: 'C', items: { a: 'double' } }, { a: 1 }, '{"a":1.0}'],
    [{ table: 'M', row: { key: 'double', value: 'double' }, index: ['key'] }, [{ key: 1, value: 2 }], '{"1.0":2.0}'],
    [{ table: 'T', row: { a: 'double', b: 'int' }, index: ['a', 'b'] }, [{ a: 1, b: 2 }], '{"1.0":{"2":{"a":1.0,"b":2}}}'],
    [
      { table: 'T', row: { a: { array: 'double' }, b: 'int' }, index: ['b', 'a'] },
      [{ a: [1], b: 2 }],
      '{"indexNames":["b","a"],"values":[{"a":[1.0],"b":2}]}',
    ],
    [{ table: 'T', row: { k: 'long', v: 'int' }, index: ['k'] }, [{ v: 1 }, { k: 2n ** 63n, v: 2 }, { k: 3, v: 3 }], '{"3":{"k":3,"v":3}}'],
    ['date', 253_402_300_800_000, 'null'],
    ['objectName', 'no name', 'null'],
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

  it('write what a reader of the declared type accepts', () => {
    fc.assert(
      fc.property(nested, ([type, value]) => {
        expect(problemOf(write(type, value), type)).toBeUndefined()
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
