import v8 from 'node:v8'
import { describe, expect, it } from 'vitest'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { until } from '../../../support/until.ts'
import { createRegistry } from '@spyglass/agent/registry'

describe('registerPlatformBeans', () => {
  it('registers the beans that the tools of Java look for, and takes them out again', () => {
    const registry = createRegistry({ kindNamed })
    const dispose = registerPlatformBeans(registry, { processName: 'http-1' })
    const names = [...registry.beans()].map(({ name }) => name)
    for (const type of ['Memory', 'Runtime', 'OperatingSystem', 'Threading', 'ClassLoading', 'Compilation'])
      expect(names).toContain(`java.lang:type=${type}`)
    expect(names).toContain('java.lang:type=GarbageCollector,name=Scavenge')
    expect(names).toContain('java.lang:type=MemoryPool,name=old_space')
    expect(names).toContain('java.nio:type=BufferPool,name=direct')
    dispose()
    expect([...registry.beans()]).toEqual([])
  })

  it('reads what V8 and the system say', () => {
    const registry = createRegistry({ kindNamed })
    const dispose = registerPlatformBeans(registry, { processName: 'http-1' })
    const read = (name: string, attribute: string) => registry.find(name)?.read(attribute)
    const heap = read('java.lang:type=Memory', 'HeapMemoryUsage') as { used: number; max: number; committed: number }
    expect(heap.max).toBe(v8.getHeapStatistics().heap_size_limit)
    expect(heap.used).toBeLessThanOrEqual(heap.committed)
    expect(read('java.lang:type=Memory', 'ObjectName')).toBe('java.lang:type=Memory')
    expect(read('java.lang:type=Runtime', 'Name')).toMatch(new RegExp(`^${process.pid}@`))
    expect(read('java.lang:type=Runtime', 'StartTime')).toBeLessThanOrEqual(Date.now())
    expect(read('java.lang:type=Compilation', 'CompilationTimeMonitoringSupported')).toBe(process.platform === 'linux')
    expect(read('java.lang:type=Memory', 'ObjectPendingFinalizationCount')).toBe(0)
    expect(read('java.lang:type=OperatingSystem', 'ProcessCpuLoad')).toBeGreaterThanOrEqual(0)
    const classes = (attribute: string) => read('java.lang:type=ClassLoading', attribute) as number
    expect(classes('TotalLoadedClassCount') - classes('UnloadedClassCount')).toBe(classes('LoadedClassCount'))
    dispose()
  })

  it('leaves no attribute without a getter, and none that throws', () => {
    const registry = createRegistry({ kindNamed })
    const dispose = registerPlatformBeans(registry, { processName: 'http-1' })
    const unread = [...registry.beans()].flatMap((bean) =>
      Object.keys(bean.kind.attributes)
        .filter((attribute) => bean.read(attribute) === undefined)
        .map((attribute) => `${bean.name} ${attribute}`),
    )
    expect(unread.filter((each) => !each.endsWith(' CollectionUsage') && process.platform === 'linux')).toEqual([])
    dispose()
  })

  it('has a number where Java has a primitive, which no proxy could read if it were unknown: -1', () => {
    const registry = createRegistry({ kindNamed })
    const dispose = registerPlatformBeans(registry, { processName: 'http-1' })
    expect(registry.find('java.nio:type=BufferPool,name=direct')?.read('Count')).toBe(-1)
    for (const bean of registry.beans()) {
      for (const [name, { type }] of Object.entries(bean.kind.attributes)) {
        const isNumber = type === 'int' || type === 'long' || type === 'double'
        if (isNumber) expect([bean.name, name, typeof bean.read(name)]).toEqual([bean.name, name, 'number'])
      }
    }
    dispose()
  })

  it('reports what a space held after the last collection, once there was one', async () => {
    const registry = createRegistry({ kindNamed })
    const dispose = registerPlatformBeans(registry, { processName: 'http-1' })
    const usage = () => registry.find('java.lang:type=MemoryPool,name=new_space')?.read('CollectionUsage')
    expect(usage()).toBeUndefined()
    let kept: unknown[] = []
    await until(() => {
      kept = Array.from({ length: 50_000 }, (_, at) => ({ at }))
      return usage() !== undefined
    })
    expect(kept).toHaveLength(50_000)
    expect(usage()).toMatchObject({ used: expect.any(Number) as number, max: -1 })
    dispose()
  })

  it('survives a push: the same values under the same names, for as long as they are pushed', () => {
    const [from, to] = [createRegistry({ kindNamed }), createRegistry({ kindNamed })]
    const dispose = registerPlatformBeans(from, { processName: 'http-1' })
    const name = (registry: typeof to) => {
      const properties = registry.find('java.lang:type=Runtime')?.read('SystemProperties') as { key: string; value: string }[] | undefined
      return properties?.find(({ key }) => key === 'spyglass.process')?.value
    }
    to.adopt('http-1', JSON.parse(JSON.stringify(from.snapshot())) as never)
    expect(name(to)).toBe('http-1')
    to.adopt('http-1', { time: 0, resources: [] })
    expect(name(to)).toBeUndefined()
    dispose()
  })
})
