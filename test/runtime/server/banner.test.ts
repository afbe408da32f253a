import { execFileSync } from 'node:child_process'
import { dataFolder, ensureSecrets, loadConfig } from '@spyglass/process/config'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bannerText } from '../../../runtime/src/server/banner.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('the block names everything with its port, and the password only to a person', () => {
  const root = tempFolder()
  const secrets = ensureSecrets(join(root, 'secrets.yaml'))
  const config = loadConfig({
    data: root,
    portOffset: 1000,
    base: { applications: [{ name: 'shop', folder: '/x', contextPath: '/shop' }], snmp: { community: 'public' } },
  })
  const input = { config, folder: dataFolder(root), secrets, role: 'all' as const }
  const piped = bannerText({ ...input, interactive: false })
  for (const part of [
    'http://127.0.0.1:9080/shop/',
    ':9900/',
    'snmpwalk -v2c -c public',
    '127.0.0.1:2161',
    ':9778/jolokia/read/java.lang:type=Memory',
    join(root, 'grafana'),
    root,
    'Ctrl-C',
  ]) {
    expect(piped).toContain(part)
  }
  expect(piped).not.toContain(secrets.console.password)
  expect(bannerText({ ...input, interactive: true })).toContain(secrets.console.password)
})

test('the snmpwalk line works as pasted from a folder with spaces and quotes in its name', () => {
  const root = join(tempFolder(), "it's a folder")
  const secrets = ensureSecrets(join(tempFolder(), 'secrets.yaml'))
  const config = loadConfig({ data: root, base: { snmp: { community: 'two words' } } })
  const text = bannerText({ config, folder: dataFolder(root), secrets, role: 'all', interactive: false })
  const line = /snmpwalk.*/.exec(text)?.[0] ?? ''
  const words = execFileSync('sh', ['-c', `set -- ${line}; printf '%s\\n' "$@"`], { encoding: 'utf8' }).split('\n')
  expect(words).toContain(join(root, 'mibs'))
  expect(words).toContain('two words')
})

test('a server without a collector names neither console nor store', () => {
  const root = tempFolder()
  const secrets = ensureSecrets(join(root, 'secrets.yaml'))
  const config = loadConfig({ data: root, base: { agent: { endpoint: 'http://collector.example:4318' } } })
  const input = { config, folder: dataFolder(root), secrets, interactive: false }
  const edge = bannerText({ ...input, role: 'edge' })
  expect(edge).not.toMatch(/console|ClickHouse|Grafana/)
  expect(edge).toContain('http://collector.example:4318')
})
