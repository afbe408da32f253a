/** Blocks of configuration for other tools: each parses as its tool reads it, and what it names of ours exists. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultPorts, tables } from '@spyglass/agent/contract'
import { allKinds } from '@spyglass/mbeans/kinds'
import { mibTables } from '@spyglass/snmp-bridge'
import { transformSync } from 'esbuild'
import { parse as parseToml } from 'smol-toml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { createMBeanServer, type MBeanServer, pushInstance } from '../support/mbean-server.ts'
import { ROOT } from '../support/sources.ts'

const textOf = (page: string): string => readFileSync(join(ROOT, 'docs/how-to', page), 'utf8')

function blocksOf(page: string, language: string): string[] {
  const found = [...textOf(page).matchAll(/^```(\w*)\n([^]*?)^```$/gm)].filter((block) => block[1] === language)
  expect(found.length, `${page} has blocks of ${language}`).toBeGreaterThan(0)
  return found.map(([, , text = '']) => text)
}

let server: MBeanServer
beforeAll(async () => {
  server = await createMBeanServer()
  pushInstance(server.registry, 'http-1')
})
afterAll(() => server.app.close())

/** The names of the attributes that beans of this name or pattern have: as declared, or, for those of Java, as the endpoint lists them. */
async function attributesOf(mbean: string): Promise<ReadonlySet<string>> {
  const [domain = '', properties = ''] = mbean.split(':')
  const keys = new Map(properties.split(',').map((property) => property.split('=', 2) as [string, string]))
  const kind = allKinds.find((one) => one.domain === domain && one.type === keys.get('type'))
  if (!kind) {
    const { json } = await server.get(`/jolokia/read/${mbean}`)
    return new Set(Object.keys((json as unknown as { value: object }).value))
  }
  const named = [...keys.keys()].filter((key) => key !== 'type' && key !== '*')
  expect([...kind.keys], mbean).toEqual(keys.has('*') ? expect.arrayContaining(named) : named)
  return new Set(Object.keys(kind.attributes))
}

interface JolokiaMetric {
  readonly name: string
  readonly mbean: string
  readonly paths: readonly string[]
  readonly tag_keys?: readonly string[]
}

test('Telegraf: the file is TOML, and each path is an attribute, each tag a key of its bean', async () => {
  const [text = ''] = blocksOf('telegraf.md', 'toml')
  const file = parseToml(text) as unknown as {
    readonly inputs: { readonly jolokia2_agent: readonly { readonly urls: readonly string[]; readonly metric: readonly JolokiaMetric[] }[] }
  }
  const [input] = file.inputs.jolokia2_agent
  expect(input?.urls).toEqual([`http://127.0.0.1:${defaultPorts.management}/jolokia`])
  expect(input?.metric.length).toBeGreaterThan(2)
  for (const { mbean, paths, tag_keys: tags = [] } of input!.metric) {
    const attributes = await attributesOf(mbean)
    expect(
      paths.filter((path) => !attributes.has(path)),
      mbean,
    ).toEqual([])
    expect(
      tags.filter((tag) => !mbean.includes(`${tag}=*`)),
      mbean,
    ).toEqual([])
  }
})

test('Zabbix: the request is JSON for beans that exist, the JSONPath leads to an attribute, the OIDs to columns', async () => {
  const page = textOf('zabbix.md')
  const body = JSON.parse(/\| Request body +\| `([^`]+)`/.exec(page)?.[1] ?? '') as { type: string; mbean: string }[]
  expect(body.map(({ type }) => type)).toEqual(['read', 'read'])
  for (const { mbean } of body) await attributesOf(mbean)
  const [, at = '', bean = '', attribute = ''] = /`\$\[(\d)\]\.value\["([^"]+)"\]\.(\w+)`/.exec(page) ?? []
  expect(bean.replace(/=http-1$/, '=*')).toBe(body[Number(at)]?.mbean)
  expect(await attributesOf(bean)).toContain(attribute)
  const columns = new Map(
    mibTables().flatMap((table) => table.columns.map((column) => [`1.${table.number}.1.${column.number}`, column.descriptor])),
  )
  const named = [...page.matchAll(/1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.([\d.]+\d)/g)].map(([, oid = '']) => columns.get(oid))
  expect(named).toEqual(['sgInstanceName', 'sgInstanceState', expect.stringMatching(/^sgInstance/)])
})

test('JConsole: the beans, their attributes and the addresses that the page names are ours', async () => {
  const page = textOf('jconsole.md')
  const beans = [...page.matchAll(/"(java\.lang:[^"]+)"/g)].map(([, bean = '']) => bean)
  expect(beans).toContain('java.lang:type=Memory')
  for (const bean of beans) expect((await attributesOf(bean)).size).toBeGreaterThan(1)
  const urls = [...page.matchAll(/service:jmx:jolokia:\/\/127\.0\.0\.1:(\d+)(\/[\w/-]+)/g)].map(([, port, path]) => [port, path])
  expect(urls.length).toBeGreaterThan(1)
  for (const url of urls) expect(url).toEqual([String(defaultPorts.management), '/jolokia/node/http-1'])
})

test('BI tools: the statements ask for tables and columns that exist, and the address is the one of the store', () => {
  const page = textOf('bi-tools.md')
  for (const sql of blocksOf('bi-tools.md', 'sql')) {
    const [, name = ''] = /\bFROM (\w+)/.exec(sql) ?? []
    const columns = (tables as Readonly<Record<string, { readonly columns: readonly { readonly name: string }[] }>>)[name]?.columns
    const known = new Set(columns?.map((column) => column.name))
    const asked = [...sql.matchAll(/\b[A-Z][a-z]\w*\b/g)].map(([word]) => word) // keywords are in capitals, functions and names of results begin small
    expect(asked.length).toBeGreaterThan(3)
    expect(asked.filter((word) => !known.has(word))).toEqual([])
  }
  for (const script of blocksOf('bi-tools.md', 'js')) expect(() => transformSync(script, { format: 'esm' })).not.toThrow()
  for (const [, name = ''] of page.matchAll(/\bFROM (\w+)/g)) expect(tables).toHaveProperty(name)
  for (const [, port] of page.matchAll(/(?:127\.0\.0\.1:|port=|Port {8}\| `)(\d+)/g)) expect(Number(port)).toBe(defaultPorts.clickhouse)
})

test('Prometheus: every job of the page is YAML with targets of ours, and snmp_exporter is told to walk tables that exist', () => {
  const jobs = blocksOf('prometheus.md', 'yaml').flatMap((text) => (parseYaml(text) as { scrape_configs?: Job[] }).scrape_configs ?? [])
  expect(jobs.length).toBeGreaterThan(1)
  for (const { static_configs: targets } of jobs)
    expect(targets.flatMap((one) => one.targets).map((target) => target.split(':')[1])).toEqual([String(defaultPorts.management)])
  const walks = blocksOf('snmp.md', 'yaml').flatMap((text) => (parseYaml(text) as { modules?: Modules }).modules?.spyglass.walk ?? [])
  const known = new Set(mibTables().map(({ prefix }) => `${prefix}Table`))
  expect(walks.length).toBeGreaterThan(3)
  expect(walks.filter((name) => !known.has(name))).toEqual([])
})

interface Job {
  readonly static_configs: readonly { readonly targets: readonly string[] }[]
}

interface Modules {
  readonly spyglass: { readonly walk: readonly string[] }
}
