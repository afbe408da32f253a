/** SPYGLASS-MIB before the tools that turn a MIB into the configuration of an NMS. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allKinds } from '@spyglass/mbeans/kinds'
import { exportMibs, mibNotifications, mibTables, parseOid } from '@spyglass/snmp-bridge'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { requireTool } from '../../support/require-tool.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { run } from '../support/tools.ts'

const ROOT = '1.3.6.1.4.1.8072.9999.9999'

interface GeneratedMetric {
  readonly name: string
  readonly type: string
  readonly lookups?: readonly { readonly labelname: string }[]
}

test('the generator of snmp_exporter takes no gauge for a counter: each wide one has a Gauge32 beside it', async (context) => {
  requireTool(context, 'prometheus-snmp-generator')
  const folder = tempFolder('spyglass-generator-')
  exportMibs(join(folder, 'mibs'), parseOid(ROOT))
  const tables = mibTables()
  const walk = tables.map(({ prefix }) => `${prefix}Table`)
  writeFileSync(join(folder, 'generator.yml'), JSON.stringify({ modules: { spyglass: { walk } } }))
  const generated = await run('prometheus-snmp-generator', ['generate', '-o', join(folder, 'snmp.yml')], {
    cwd: folder,
    env: { MIBDIRS: join(folder, 'mibs') },
  })
  expect(generated.code, generated.stderr).toBe(0)
  const { spyglass } = parse(readFileSync(join(folder, 'snmp.yml'), 'utf8')) as { spyglass: { metrics: GeneratedMetric[] } }
  const types = new Map(spyglass.metrics.map(({ name, type }) => [name, type]))
  for (const { kind, columns } of tables) {
    for (const [attribute, { role }] of Object.entries(kind.attributes)) {
      const found = columns.filter((column) => column.attribute === attribute).map(({ descriptor }) => types.get(descriptor))
      if (role === 'gauge' && found.length > 0) expect([kind.name, attribute, ...found]).toContain('gauge')
      if (role === 'counter' && found.length > 0) expect([kind.name, attribute, ...found]).toEqual([kind.name, attribute, 'counter'])
    }
  }
  expect(types.get('sgInstanceRssKiB')).toBe('gauge')
  expect(allKinds.some(({ name }) => name === 'v8Heap')).toBe(true)
})

test('the generator.yml of the how-to gives states as sets, names as labels, and no label that grows', async (context) => {
  requireTool(context, 'prometheus-snmp-generator')
  const folder = tempFolder('spyglass-generator-')
  exportMibs(join(folder, 'mibs'), parseOid(ROOT))
  const howTo = readFileSync(new URL('../../../docs/how-to/snmp.md', import.meta.url), 'utf8')
  writeFileSync(join(folder, 'generator.yml'), /```yaml\n(modules:[^`]*)```/.exec(howTo)?.[1] ?? '')
  const env = { MIBDIRS: join(folder, 'mibs') }
  const generated = await run('prometheus-snmp-generator', ['generate', '-o', join(folder, 'snmp.yml')], { cwd: folder, env })
  expect(generated.code, generated.stderr).toBe(0)
  const { spyglass } = parse(readFileSync(join(folder, 'snmp.yml'), 'utf8')) as { spyglass: { metrics: GeneratedMetric[] } }
  const metrics = new Map(spyglass.metrics.map((metric) => [metric.name, metric]))
  expect(metrics.get('sgInstanceState')?.type).toBe('EnumAsStateSet')
  expect(metrics.has('sgDatasourceLastError')).toBe(false)
  const labels = metrics.get('sgDatasourceActiveConnections')?.lookups?.map(({ labelname }) => labelname)
  expect(labels).toEqual(expect.arrayContaining(['sgInstanceName', 'sgDatasourceName']))
})

test('snmpttconvertmib makes an event of each notification, with its severity, and a line that names message, instance and object', async (context) => {
  requireTool(context, 'snmpttconvertmib')
  requireTool(context, 'snmpwalk')
  const folder = tempFolder('spyglass-snmptt-')
  const file = exportMibs(join(folder, 'mibs'), parseOid(ROOT))
  const out = join(folder, 'snmptt.conf')
  const args = [`--in=${file}`, `--out=${out}`, '--no_description']
  const { stdout } = await run('snmpttconvertmib', args, { env: { MIBDIRS: join(folder, 'mibs'), MIBS: 'ALL' } })
  expect(stdout).toContain('Failed translations:       0')
  const conf = readFileSync(out, 'utf8')
  const severities = { info: 'NORMAL', warning: 'MINOR', critical: 'CRITICAL' }
  for (const { descriptor, number, severity } of mibNotifications()) {
    expect(conf).toContain(`EVENT ${descriptor} .${ROOT}.0.${number} "Status Events" ${severities[severity]}`)
  }
  expect(conf).toContain('FORMAT Pool exhausted: $8 (instance $5, object $6, incident $1)')
})
