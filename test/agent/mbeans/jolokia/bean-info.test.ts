import { describe, expect, it } from 'vitest'
import { type EventName, allKinds, events, kinds, platformKinds } from '@spyglass/agent/contract'
import { beanInfoOf } from '../../../../agent/mbeans/src/jolokia/bean-info.ts'

const options = { openTypes: false, listInterfaces: false }
const typesOf = (info: Record<string, unknown>): string[] =>
  (info['notif'] as Record<string, { types: string[] }> | undefined)?.['javax.management.Notification']?.types ?? []

describe('beanInfoOf', () => {
  it('shows every attribute as readable and nothing as writable', () => {
    for (const kind of allKinds) {
      const attributes = beanInfoOf(kind, options)['attr'] as Record<string, { r: boolean; w: boolean; desc: string }>
      expect(Object.keys(attributes)).toEqual(Object.keys(kind.attributes))
      expect(Object.values(attributes).every(({ r, w, desc }) => r && !w && desc !== '')).toBe(true)
    }
  })

  it('leaves empty sections out, and adds open types and interfaces when asked', () => {
    expect(Object.keys(beanInfoOf(platformKinds.javaMemory, options))).toEqual(['attr', 'class', 'desc'])
    const full = beanInfoOf(platformKinds.javaMemory, { openTypes: true, listInterfaces: true })
    expect(full).toMatchObject({ interfaces: [], attr: { Verbose: { openType: 'java.lang.Boolean' } } })
  })

  it('names for every event the kind of resource that emits it, and all for the Events MBean', () => {
    const all = Object.keys(events) as EventName[]
    expect(typesOf(beanInfoOf(platformKinds.events, options))).toEqual(all)
    const emitted = new Set(allKinds.flatMap((kind) => typesOf(beanInfoOf(kind, options))))
    expect(all.filter((name) => !emitted.has(name))).toEqual([])
    expect(typesOf(beanInfoOf(kinds.datasource, options))).toEqual([
      'spyglass.pool.exhausted',
      'spyglass.pool.recovered',
      'spyglass.pool.leak',
    ])
  })

  it('shows operations with their arguments', () => {
    const args = [{ name: 'a', type: 'string', description: 'An argument.' }] as const
    const operations = { go: { description: 'Goes.', args, returns: 'void' } }
    expect(beanInfoOf(kinds.store, { openTypes: true, listInterfaces: false }, operations)['op']).toMatchObject({
      go: { args: [{ name: 'a', type: 'java.lang.String', openType: 'java.lang.String' }], ret: 'void', desc: 'Goes.' },
    })
  })
})
