import { describe, expect, it } from 'vitest'
import { allKinds, isMetric, isStateSet, kindNamed, kinds, prometheusNameOf } from '@spyglass/agent/contract'
import { prometheusContentType, prometheusText } from '@spyglass/mbeans/prometheus'
import { createRegistry } from '@spyglass/agent/registry'

function registryWith(resources: readonly { kind: string; keys: Record<string, string>; values: Record<string, never> }[]) {
  const registry = createRegistry({ kindNamed })
  registry.adopt('test', { time: 0, resources })
  return registry
}

const pool = (values: object, name = 'shop') => ({
  kind: 'datasource',
  keys: { instance: 'http-1', name },
  values: values as Record<string, never>,
})

describe('prometheusText', () => {
  it('writes gauges and counters with help, type, unit and the keys as labels', async () => {
    const text = await prometheusText(registryWith([pool({ activeConnections: 3, leaks: 2 })]))
    expect(text).toContain('# TYPE spyglass_datasource_active_connections gauge')
    expect(text).toContain('# HELP spyglass_datasource_active_connections Connections lent to borrowers now.')
    expect(text).toContain('spyglass_datasource_active_connections{instance="http-1",name="shop"} 3')
    expect(text).toContain('# TYPE spyglass_datasource_leaks_total counter')
    expect(text).toContain('spyglass_datasource_leaks_total{instance="http-1",name="shop"} 2')
  })

  it('converts milliseconds to seconds', async () => {
    const text = await prometheusText(registryWith([{ kind: 'server', keys: { name: 's' }, values: { uptime: 1234 } as never }]))
    expect(text).toContain('spyglass_server_uptime_seconds{name="s"} 1.234')
  })

  it('writes a state as one series for each state', async () => {
    const text = await prometheusText(registryWith([pool({ state: 'exhausted' })]))
    expect(text).toContain('spyglass_datasource_state{instance="http-1",name="shop",state="exhausted"} 1')
    expect(text).toContain('spyglass_datasource_state{instance="http-1",name="shop",state="ok"} 0')
  })

  it('leaves out what is not known, not a number, or not a metric', async () => {
    const text = await prometheusText(registryWith([pool({ activeConnections: Number.NaN, waitP95: 2, driver: 'sqlite' })]))
    expect(text.trim()).toBe('')
  })

  it('escapes label values', async () => {
    const text = await prometheusText(registryWith([pool({ leaks: 1 }, 'a"b\\c\nd')]))
    expect(text).toContain('name="a\\"b\\\\c\\nd"')
  })

  it('loses only the attribute whose getter throws', async () => {
    const registry = createRegistry({ kindNamed })
    const getters = {
      ...Object.fromEntries(Object.keys(kinds.store.attributes).map((name) => [name, () => 1])),
      queries: () => {
        throw new Error('no')
      },
    }
    registry.register(kinds.store, { name: 'x' }, getters as never)
    const text = await prometheusText(registry)
    expect(text).not.toContain('spyglass_store_queries_total')
    expect(text).toContain('spyglass_store_rows{name="x"} 1')
  })

  it('exports every metric of every kind under its documented name', async () => {
    const resources = allKinds.map((kind) => ({
      kind: kind.name,
      keys: Object.fromEntries(kind.keys.map((key) => [key, 'k'])),
      values: Object.fromEntries(Object.entries(kind.attributes).map(([name, { values }]) => [name, values?.[0] ?? 1])) as Record<
        string,
        never
      >,
    }))
    const text = await prometheusText(registryWith(resources))
    for (const kind of allKinds) {
      for (const attribute of Object.keys(kind.attributes)) {
        const isExported = isMetric(kind, attribute) || isStateSet(kind, attribute)
        expect(text.includes(`${prometheusNameOf(kind, attribute)}{`), `${kind.name}.${attribute}`).toBe(isExported)
      }
    }
  })

  it('names the content type of the text format', () => {
    expect(prometheusContentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  })
})
