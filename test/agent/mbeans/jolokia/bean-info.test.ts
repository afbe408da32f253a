import { describe, expect, it } from 'vitest'
import { type EventName, type ResourceKind, events } from '@spyglass/agent/contract'
import { allKinds, allPlatformKinds, kinds, platformKinds } from '@spyglass/mbeans/kinds'
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
    expect(full).toMatchObject({
      interfaces: ['java.lang.management.MemoryMXBean', 'java.lang.management.PlatformManagedObject'],
      attr: { Verbose: { openType: 'java.lang.Boolean' } },
    })
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
      'spyglass.datasource.oversized',
      'spyglass.datasource.failover',
      'spyglass.datasource.restored',
    ])
  })

  it('names the interfaces that the declaration has, and the one of emitters where it emits', () => {
    const interfaces = (kind: ResourceKind) => beanInfoOf(kind, { openTypes: false, listInterfaces: true })['interfaces']
    expect(interfaces(kinds.listener)).toEqual([])
    expect(interfaces(kinds.datasource)).toEqual(['javax.management.NotificationEmitter'])
    for (const kind of allPlatformKinds.filter(({ domain }) => domain === 'java.lang' || domain === 'java.nio')) {
      expect(interfaces(kind)).toEqual(
        expect.arrayContaining([
          `java.lang.management.${kind.type}MXBean`.replace('ThreadingMX', 'ThreadMX'),
          'java.lang.management.PlatformManagedObject',
        ]),
      )
    }
  })

  it('shows operations with their arguments', () => {
    const declared = { role: 'viewer', impact: 'info' } as const
    const operations = {
      go: { ...declared, description: 'Goes.', arguments: { a: { type: 'string', description: 'An argument.' } } },
      count: { ...declared, description: 'Counts.', result: 'long' },
      list: { ...declared, description: 'Lists.', result: { array: 'string' } },
    } as const
    const op = (openTypes: boolean) => beanInfoOf(kinds.store, { openTypes, listInterfaces: false }, operations)['op']
    expect(op(true)).toEqual({
      go: {
        args: [{ name: 'a', type: 'java.lang.String', openType: 'java.lang.String', desc: 'An argument.' }],
        ret: 'void',
        openRet: 'java.lang.Void',
        desc: 'Goes.',
      },
      count: { args: [], ret: 'long', openRet: 'java.lang.Long', desc: 'Counts.' },
      list: { args: [], ret: '[Ljava.lang.String;', openRet: expect.objectContaining({ kind: 'array' }) as object, desc: 'Lists.' },
    })
    expect(JSON.stringify(op(false))).not.toContain('open')
  })
})
