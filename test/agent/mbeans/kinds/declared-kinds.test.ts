import { describe, expect, it } from 'vitest'
import { objectNameOf } from '@spyglass/agent/contract'
import { allDeclaredKinds, kindNamed, kinds, platformKinds } from '@spyglass/mbeans/kinds'

describe('the declared kinds', () => {
  it('are found by name', () => {
    expect(kindNamed('datasource')).toBe(kinds.datasource)
    expect(kindNamed('javaMemory')).toBe(platformKinds.javaMemory)
    expect(kindNamed('constructor')).toBeUndefined()
  })

  it('have names of their own, and ObjectNames of their own', () => {
    const names = allDeclaredKinds.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const objectNames = allDeclaredKinds.map((kind) => objectNameOf(kind, Object.fromEntries(kind.keys.map((key) => [key, 'x']))))
    expect(new Set(objectNames).size).toBe(objectNames.length)
  })

  it('describe every attribute', () => {
    const bare = allDeclaredKinds.flatMap((kind) =>
      Object.entries(kind.attributes).filter(([, { description }]) => !/[.…]$/.test(description)),
    )
    expect(bare).toEqual([])
  })

  it('of the platform are no metrics and have no columns in the MIB', () => {
    const kindsOfPlatform = Object.values(platformKinds)
    expect(kindsOfPlatform.filter(({ metrics }) => metrics)).toEqual([])
    expect(kindsOfPlatform.flatMap((kind) => Object.values(kind.attributes)).filter((attribute) => 'column' in attribute)).toEqual([])
  })
})
