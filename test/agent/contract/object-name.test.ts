import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { keysOf, objectNameOf, quoteKeyValue } from '@spyglass/agent/contract'
import { kinds, platformKinds } from '@spyglass/mbeans/kinds'

describe('objectNameOf', () => {
  it('puts the type first, then the keys in declared order', () => {
    expect(objectNameOf(kinds.datasource, { name: 'shop', instance: 'http-1' })).toBe('spyglass:type=Datasource,instance=http-1,name=shop')
    expect(objectNameOf(platformKinds.javaMemory, {})).toBe('java.lang:type=Memory')
  })

  it('holds a key inside the type where the declaration says so', () => {
    expect(objectNameOf(platformKinds.hikariPool, { name: 'shop' })).toBe('com.zaxxer.hikari:type=Pool (shop)')
    expect(objectNameOf(platformKinds.hikariPool, { name: 'a,b$&' })).toBe('com.zaxxer.hikari:type="Pool (a,b$&)"')
  })
})

describe('quoteKeyValue', () => {
  it.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['a"b', String.raw`"a\"b"`],
    ['a*?', String.raw`"a\*\?"`],
    ['a\\b', String.raw`"a\\b"`],
    ['a\nb', String.raw`"a\nb"`],
  ])('writes %j as %s', (value, quoted) => expect(quoteKeyValue(value)).toBe(quoted))
})

describe('keysOf', () => {
  it('gives back what the name was made of, whatever its characters', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', '\\', '\n', ',', '=', ':', '*', '?', 'n', 'a', '\r') }),
    )
    fc.assert(
      fc.property(text, text, (instance, name) => {
        expect(keysOf(objectNameOf(kinds.datasource, { instance, name }))).toEqual({ type: 'Datasource', instance, name })
      }),
    )
  })

  it('finds none in a text that is no name', () => {
    for (const text of ['', 'x', 'a:', 'a:b', 'a:b=c,', 'a:b="c', 'a:b="c"d', 'a:b=c"d"', 'a:b=c,d'])
      expect(keysOf(text)).toEqual(text === 'a:b=c,' ? { b: 'c' } : {})
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(keysOf(`d:${text}`)).toBeTypeOf('object')
      }),
    )
  })
})
