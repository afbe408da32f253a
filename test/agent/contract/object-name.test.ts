import { describe, expect, it } from 'vitest'
import { kinds, objectNameOf, platformKinds, quoteKeyValue } from '@spyglass/agent/contract'

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
