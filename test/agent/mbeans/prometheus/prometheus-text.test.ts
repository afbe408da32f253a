import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ResourceKind, isMetric, isStateSet, prometheusNameOf } from '@spyglass/agent/contract'
import { allKinds, kindNamed, kinds } from '@spyglass/mbeans/kinds'
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

/** What a key names, by what the declaration says of it and not by its label. */
const PROCESS_KEYS = new Set(['instance', 'process'])
const PROCESS_KINDS = new Set(['instance', 'collector', 'store'])
const isProcess = ({ name }: ResourceKind, key: string) => PROCESS_KEYS.has(key) || PROCESS_KINDS.has(name)
const UNBOUNDED = new Set(['alert.incident', 'borrower.connection'])
const isUnbounded = ({ name }: ResourceKind, key: string) => UNBOUNDED.has(`${name}.${key}`)

describe('prometheusText', () => {
  it('writes gauges and counters with help, type, unit and the keys as labels', async () => {
    const text = await prometheusText(registryWith([pool({ activeConnections: 3, leaks: 2 })]))
    expect(text).toContain('# TYPE spyglass_datasource_active_connections gauge')
    expect(text).toContain('# HELP spyglass_datasource_active_connections Connections currently lent to borrowers.')
    expect(text).toContain('spyglass_datasource_active_connections{process="http-1",name="shop"} 3')
    expect(text).toContain('# TYPE spyglass_datasource_leaks_total counter')
    expect(text).toContain('spyglass_datasource_leaks_total{process="http-1",name="shop"} 2')
  })

  it('converts milliseconds to seconds', async () => {
    const text = await prometheusText(registryWith([{ kind: 'server', keys: { name: 's' }, values: { uptime: 1234 } as never }]))
    expect(text).toContain('spyglass_server_uptime_seconds{server="s"} 1.234')
  })

  it('writes a state as one series for each state', async () => {
    const text = await prometheusText(registryWith([pool({ state: 'exhausted' })]))
    expect(text).toContain('spyglass_datasource_state{process="http-1",name="shop",state="exhausted"} 1')
    expect(text).toContain('spyglass_datasource_state{process="http-1",name="shop",state="ok"} 0')
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
    expect(text).toContain('spyglass_store_rows{process="x"} 1')
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

  it('gives a process one label in every family, which is none of the scraper', async () => {
    const resources = allKinds.map((kind) => ({
      kind: kind.name,
      keys: Object.fromEntries(kind.keys.map((key) => [key, isProcess(kind, key) ? 'http-1' : 'other'])),
      values: Object.fromEntries(Object.entries(kind.attributes).map(([name, { values }]) => [name, values?.[0] ?? 1])) as Record<
        string,
        never
      >,
    }))
    const labels = [...(await prometheusText(registryWith(resources))).matchAll(/(\w+)="([^"]*)"/g)]
    expect(new Set(labels.filter(([, , value]) => value === 'http-1').map(([, label]) => label))).toEqual(new Set(['process']))
    expect(labels.filter(([, label]) => label === 'instance' || label === 'job')).toEqual([])
  })

  it('has the labels that the how-to lists and no others', async () => {
    const resources = allKinds.map((kind) => ({
      kind: kind.name,
      keys: Object.fromEntries(kind.keys.map((key) => [key, 'k'])),
      values: Object.fromEntries(Object.entries(kind.attributes).map(([name, { values }]) => [name, values?.[0] ?? 1])) as Record<
        string,
        never
      >,
    }))
    const labels = new Set([...(await prometheusText(registryWith(resources))).matchAll(/[{,](\w+)="/g)].map(([, label]) => label))
    const guide = readFileSync(join(import.meta.dirname, '../../../../docs/how-to/prometheus.md'), 'utf8')
    const told = [...guide.matchAll(/^\| `(\w+)` +\|/gm)].map(([, label]) => label)
    expect(new Set(told)).toEqual(new Set(labels))
  })

  it('has as many series after a thousand incidents as after one, and adds them up', async () => {
    const some = (count: number) =>
      allKinds.flatMap((kind) =>
        Array.from({ length: count }, (_, at) => ({
          kind: kind.name,
          keys: Object.fromEntries(kind.keys.map((key) => [key, isUnbounded(kind, key) ? `${key}-${at}` : 'k'])),
          values: Object.fromEntries(Object.entries(kind.attributes).map(([name, { values }]) => [name, values?.[0] ?? 1])) as Record<
            string,
            never
          >,
        })),
      )
    const seriesOf = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const one = seriesOf(await prometheusText(registryWith(some(1))))
    const thousand = seriesOf(await prometheusText(registryWith(some(1000))))
    expect(thousand).toHaveLength(one.length)
    expect(thousand).toContain('spyglass_alert_state{rule="k",state="pending"} 1000')
    expect(thousand.filter((line) => /-\d/.test(line))).toEqual([])
  })

  it('has no series of a resource whose process is silent, but the state unknown', async () => {
    let now = 0
    const registry = createRegistry({ kindNamed, now: () => now, staleAfterMs: 3500 })
    registry.adopt('http-1', {
      time: 0,
      resources: [
        pool({ activeConnections: 1, state: 'ok' }),
        { kind: 'instance', keys: { name: 'http-1' }, values: { state: 'ready', uptime: 5 } },
      ],
    })
    expect(await prometheusText(registry)).toContain('spyglass_instance_uptime_seconds{process="http-1"} 0.005')
    now = 4000
    const series = (await prometheusText(registry)).split('\n').filter((line) => line.endsWith(' 1'))
    expect(series).toEqual(['spyglass_instance_state{process="http-1",state="unknown"} 1'])
    expect(await prometheusText(registry)).not.toContain('spyglass_datasource')
  })

  it('names the content type of the text format', () => {
    expect(prometheusContentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  })
})
