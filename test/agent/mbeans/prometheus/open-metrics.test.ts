import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRegistry, type Registry } from '@spyglass/agent/registry'
import { allKinds, kindNamed } from '@spyglass/mbeans/kinds'
import { openMetricsText, prometheusText } from '../../../../agent/mbeans/src/prometheus/prometheus-text.ts'

function registryWith(kind: string, keys: Record<string, string>, values: object): Registry {
  const registry = createRegistry({ kindNamed })
  registry.adopt('test', { time: 0, resources: [{ kind, keys, values: values as Record<string, never> }] })
  return registry
}

/** Every metric of every kind. */
function everything(name = 'k'): Registry {
  const registry = createRegistry({ kindNamed })
  const resources = allKinds.map((kind) => ({
    kind: kind.name,
    keys: Object.fromEntries(kind.keys.map((key) => [key, name])),
    values: Object.fromEntries(Object.entries(kind.attributes).map(([attribute, { values }]) => [attribute, values?.[0] ?? 1.5])),
  }))
  registry.adopt('test', { time: 0, resources })
  return registry
}

/** The grammar of OpenMetrics 1.0, as far as it can apply to gauges and counters without timestamps and exemplars. */
const TEXT = String.raw`(?:[^\n"\\]|\\[n"\\])*`
const NAME = '[a-zA-Z_][a-zA-Z0-9_]*'
const LINES = {
  type: new RegExp(`^# TYPE (${NAME}) (gauge|counter)$`),
  unit: new RegExp(`^# UNIT (${NAME}) (${NAME})$`),
  help: new RegExp(`^# HELP (${NAME}) ${TEXT}$`),
  sample: new RegExp(`^(${NAME})(?:\\{${NAME}="${TEXT}"(?:,${NAME}="${TEXT}")*\\})? [+-]?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?$`),
}

interface Family {
  readonly name: string
  readonly type: string
  readonly unit: string | undefined
  readonly samples: readonly string[]
}

/** Reads as strictly as the specification; throws at the first line that does not belong. */
function familiesOf(text: string): Family[] {
  if (!text.endsWith('# EOF\n')) throw new Error('no end')
  const lines = text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)
  const families: { name: string; type: string; unit: string | undefined; samples: string[] }[] = []
  for (const line of lines) {
    const [, name = '', type] = LINES.type.exec(line) ?? []
    if (type) families.push({ name, type, unit: undefined, samples: [] })
    else addTo(families.at(-1)!, line)
  }
  return families
}

function addTo(family: { name: string; type: string; unit: string | undefined; samples: string[] }, line: string): void {
  const unit = LINES.unit.exec(line)
  const named = unit?.[1] ?? LINES.help.exec(line)?.[1]
  const sample = LINES.sample.exec(line)?.[1]
  if (unit) family.unit = unit[2]
  if (sample !== undefined) family.samples.push(line)
  const expected = sample === undefined || family.type === 'gauge' ? family.name : `${family.name}_total`
  if ((named ?? sample) !== expected) throw new Error(`out of place after ${family.name}: ${line}`)
}

describe('openMetricsText', () => {
  it('gives the samples of a counter _total and its family none, and states units', async () => {
    const registry = registryWith('listener', { instance: 'http-1', name: 'http' }, { bytesSent: 7, requestRate: 0.5 })
    const lines = (await openMetricsText(registry)).split('\n')
    expect(lines.filter((line) => line.includes('sent_bytes') && !line.startsWith('# HELP'))).toEqual([
      '# TYPE spyglass_listener_sent_bytes counter',
      '# UNIT spyglass_listener_sent_bytes bytes',
      'spyglass_listener_sent_bytes_total{process="http-1",name="http"} 7',
    ])
    expect(lines.slice(-2)).toEqual(['# EOF', ''])
  })

  it('keeps to the grammar with every metric of every kind', async () => {
    const families = familiesOf(await openMetricsText(everything()))
    expect(families.length).toBeGreaterThan(80)
    for (const { name, unit, samples } of families) {
      expect(samples.length, name).toBeGreaterThan(0)
      expect(unit === undefined || name.endsWith(`_${unit}`), name).toBe(true)
    }
    const names = families.map(({ name }) => name)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]) // without _total, a counter may meet a gauge
    const reserved = families.filter(({ name }) => /_(?:total|created|count|sum|bucket|info)$/.test(name)).map(({ name }) => name)
    expect(reserved.filter((name) => names.includes(name.replace(/_[a-z]+$/, '')))).toEqual([])
  })

  it('has the series of the classic text, with the same values', async () => {
    const series = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const registry = everything('a "b" \\ c\nd 连接池')
    expect(series(await openMetricsText(registry))).toEqual(series(await prometheusText(registry)))
  })

  it('escapes any label value so that a reader finds it again', async () => {
    const unescaped = (text: string) => text.replaceAll(/\\(.)/g, (_all, sign: string) => (sign === 'n' ? '\n' : sign))
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('"', '\\', '\n', 'n', '{', '}', ',', '=', ' ', '#', 'é', '连') }),
        async (name) => {
          const text = await openMetricsText(registryWith('datasource', { instance: 'http-1', name }, { leaks: 1 }))
          const [family] = familiesOf(text)
          const [, label = ''] = /,name="(.*)"\} 1$/.exec(family!.samples[0]!) ?? []
          expect(unescaped(label)).toBe(name)
        },
      ),
    )
  })
})
