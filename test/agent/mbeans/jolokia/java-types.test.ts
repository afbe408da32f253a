import { describe, expect, it } from 'vitest'
import type { OpenType } from '@spyglass/agent/contract'
import { javaTypeOf, openTypeOf } from '../../../../agent/mbeans/src/jolokia/java-types.ts'

const composite = { composite: 'Pair', items: { a: 'int', b: { array: 'string' } } } as const
const table = { table: 'Rows', row: { k: 'string', v: 'long' }, index: ['k'] } as const

describe('javaTypeOf', () => {
  it.each<[OpenType, string]>([
    ['long', 'long'],
    ['string', 'java.lang.String'],
    ['date', 'java.util.Date'],
    [{ array: 'long' }, '[J'],
    [{ array: { array: 'int' } }, '[[I'],
    [{ array: 'string' }, '[Ljava.lang.String;'],
    [{ array: composite }, '[Ljavax.management.openmbean.CompositeData;'],
    [composite, 'javax.management.openmbean.CompositeData'],
    [table, 'javax.management.openmbean.TabularData'],
  ])('%j is %s', (type, java) => expect(javaTypeOf(type)).toBe(java))
})

describe('openTypeOf', () => {
  it('names the class of a simple type', () => expect(openTypeOf('boolean')).toBe('java.lang.Boolean'))

  it('describes arrays as the reference does', () => {
    expect(openTypeOf({ array: 'long' })).toEqual({
      type: '[J',
      class: '[J',
      desc: '1-dimension array of long',
      kind: 'array',
      primitive: true,
      dimension: 1,
      elemType: 'java.lang.Long',
    })
    expect(openTypeOf({ array: { array: 'string' } })).toMatchObject({ dimension: 2, primitive: false, elemType: 'java.lang.String' })
  })

  it('describes composites and tables down to their leaves', () => {
    expect(openTypeOf(composite)).toMatchObject({
      kind: 'composite',
      type: 'Pair',
      items: { a: 'java.lang.Integer', b: { kind: 'array' } },
    })
    expect(openTypeOf(table)).toMatchObject({
      kind: 'tabular',
      index: ['k'],
      rowType: { kind: 'composite', items: { v: 'java.lang.Long' } },
    })
  })
})
