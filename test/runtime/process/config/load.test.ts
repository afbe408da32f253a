import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instanceGroups, loadConfig, parseOffset } from '@spyglass/process/config'
import { codeOf } from '@spyglass/agent/contract'
import { tempFolder } from '../../../support/temp-folder.ts'

function file(content: string): string {
  const path = join(tempFolder(), 'spyglass.yaml')
  writeFileSync(path, content)
  return path
}

test('an empty configuration gives the documented defaults', () => {
  const config = loadConfig()
  expect(config.listeners).toMatchObject([{ name: 'http', host: '127.0.0.1', port: 8080, instances: 1 }])
  expect([config.management.port, config.collector.otlpHttpPort, config.store.port, config.console.port, config.snmp.port]).toEqual([
    8778, 4318, 8123, 8900, 1161,
  ])
  expect(config.snmp.community).toBeUndefined()
})

test('every mistake is listed at once with its path, value and what is allowed', () => {
  const path = file(
    'listeners: [{name: http, port: 99999}]\nstore: {readrs: 3}\ndatasources: [{name: Shop, file: a.db, max: 0}]\nlogs: {level: loud}\n',
  )
  expect(() => loadConfig({ file: path })).toThrow(expect.objectContaining({ code: 'SPY_CONFIG_INVALID' }))
  const message = messageOf(() => loadConfig({ file: path }))
  for (const part of [
    'listeners[0].port: 99999',
    'store.readrs: unknown setting',
    'datasources[0].name: "Shop"',
    'datasources[0].max: 0',
    'logs.level: "loud"',
    'has 5 error(s)',
  ]) {
    expect(message).toContain(part)
  }
})

test('mistakes between settings are listed beside those of a single one, and blame no default that nobody wrote', () => {
  const path = file(`
nonsense: 1
logs: {level: loud}
applications: [{name: a, folder: ., listener: nowhere}]
datasources: [{name: d, file: x, min: 9, max: many}, {name: d, file: y}]
`)
  const message = messageOf(() => loadConfig({ file: path }))
  for (const part of ['nonsense: unknown', 'applications[0].listener: "nowhere"', 'datasources[1].name: "d"', 'has 5 error(s)'])
    expect(message).toContain(part)
})

test('secrets are not shown: communities, headers, passwords in an address', () => {
  const path = file(`
snmp: {community: 12345}
alerting: {receivers: [{name: a, url: "https//user:hunter2@h/", headers: {x-key: 777}}, {name: b, url: "ftp://u:hunter2@h/"}]}
`)
  const message = messageOf(() => loadConfig({ file: path }))
  expect(message).toContain('has 4 error(s)')
  expect(message).not.toMatch(/12345|777|hunter2/)
})

test('mistakes between settings are found too: names, sizes, ports, exposure', () => {
  const path = file(`
applications: [{name: a, folder: ., listener: nowhere}]
datasources: [{name: d, file: x, min: 5, max: 2}, {name: d, file: y}]
management: {host: 0.0.0.0, port: 8123}
snmp: {trapTargets: [{host: 127.0.0.1}]}
`)
  const message = messageOf(() => loadConfig({ file: path }))
  for (const part of [
    'applications[0].listener: "nowhere"',
    'datasources[0].min: 5',
    'datasources[1].name: "d"',
    'management.host: "0.0.0.0"',
    'store.port: 8123: already used by management.port',
    'trapTargets[0].community: missing',
  ]) {
    expect(message).toContain(part)
  }
})

test('applications with processes of their own share a listener; what they cannot share is told with what to do', () => {
  const mistakes = (applications: string): string => messageOf(() => loadConfig({ file: file(`applications: [${applications}]`) }))
  expect(mistakes('{name: a, folder: ., static: true, entry: x.js}')).toContain('applications[0].static: true: files are served')
  const mixed = '{name: a, folder: .}, {name: b, folder: ., contextPath: /b}, {name: c, folder: ., contextPath: /c, isolation: shared}'
  const config = loadConfig({ file: file(`applications: [${mixed}, {name: jobs, folder: ., worker: true}]`) })
  expect(instanceGroups(config).map(({ name, reachedBy }) => [name, reachedBy])).toEqual([
    ['a', 'router'],
    ['b', 'router'],
    ['jobs', 'none'],
    ['http', 'router'],
  ])
  expect(mistakes('{name: a, folder: .}, {name: b, folder: .}')).toContain('application "a" already has this path')
  const alike = mistakes('{name: a, folder: ., isolation: shared}, {name: b, folder: ., isolation: shared}')
  expect(alike).toContain('has 1 error(s)')
  expect(alike).toContain('applications[1].contextPath: "/": application "a" already has this path on listener "http"')
  const settings = mistakes('{name: a, folder: ., isolation: shared, replicas: 2, imports: [tsx], arguments: [x], maxHeapBytes: 99999999}')
  expect(settings).toContain('has 4 error(s)')
  expect(settings).toContain('applications[0].imports: not available with isolation: shared')
  expect(settings).toMatch(/replicas: .*Set instances of listener "http", or set isolation: own/)
  expect(mistakes('{name: a, folder: ., datasources: [shop]}')).toContain('applications[0].datasources[0]: "shop": no such datasource')
  const clash = messageOf(() =>
    loadConfig({ file: file('listeners: [{name: a}, {name: b, port: 8081}]\napplications: [{name: a, folder: ., listener: b}]') }),
  )
  expect(clash).toContain('applications[0].name: "a": also the name of a listener')
  const routers = messageOf(() =>
    loadConfig({ file: file('listeners: [{name: "1"}]\napplications: [{name: router, folder: ., listener: "1"}]') }),
  )
  expect(routers).toContain('applications[0].name: "router": its instances would be named like the router of a listener')
})

test('a folder that does not exist is a mistake when a server starts, and not for other commands', () => {
  const path = file(
    'applications: [{name: a, folder: apps/none}, {name: b, folder: spyglass.yaml, listener: two}]\nlisteners: [{name: http}, {name: two, port: 8081}]',
  )
  expect(loadConfig({ file: path }).applications).toHaveLength(2)
  const message = messageOf(() => loadConfig({ file: path, toStart: true }))
  expect(message).toContain(`applications[0].folder: "${join(path, '../apps/none')}": no such folder`)
  expect(message).toContain('applications[1].folder: ')
  expect(message).toContain('not a folder')
})

test('a secret value is not shown in a mistake', () => {
  const message = messageOf(() => loadConfig({ base: { snmp: { trapTargets: [{ host: 'x', version: 'v3', authPassword: 'short' }] } } }))
  expect(message).not.toContain('short"')
  expect(message).toContain('authPassword: (not shown)')
})

test('paths are relative to the file, the port offset reaches every port, and both are applied once', () => {
  const path = file('data: ./d\nportOffset: 100\napplications: [{name: a, folder: apps/a}]\ndatasources: [{name: s, file: s.db}]\n')
  const folder = join(path, '..')
  const config = loadConfig({ file: path })
  expect(config).toMatchObject({ data: join(folder, 'd'), portOffset: 0, management: { port: 8878 }, snmp: { port: 1261 } })
  expect(config.applications[0]?.folder).toBe(join(folder, 'apps/a'))
  expect(config.datasources[0]?.file).toBe(join(folder, 'd', 's.db'))
  const again = join(folder, 'effective.json')
  writeFileSync(again, JSON.stringify(config))
  expect(loadConfig({ file: again })).toEqual(config)
})

test.for(['nowhere.yaml', '/dev/null/x'])('a file that cannot be read is reported: %s', (path) => {
  expect(() => loadConfig({ file: path })).toThrow(expect.objectContaining({ code: 'SPY_CONFIG_UNREADABLE' }))
})

test.for(['a: *nothing\n', '*!', '[', 'a: b: c'])('text that is not YAML is reported as a mistake in the file: %s', (text) => {
  expect(() => loadConfig({ file: file(text) })).toThrow(expect.objectContaining({ code: 'SPY_CONFIG_INVALID' }))
})

test.each([
  ['longer than any', (path: string) => truncateSync(path, 100_000_000), 'SPY_CONFIG_UNREADABLE'],
  ['nested deeply', (path: string) => writeFileSync(path, `a: ${'['.repeat(100_000)}`), 'SPY_CONFIG_INVALID'],
])('a file that is %s is reported', (_how, put, code) => {
  const path = file('')
  put(path)
  expect(() => loadConfig({ file: path })).toThrow(expect.objectContaining({ code }))
})

test('no text whatever brings an uncoded error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const path = file(text)
      try {
        loadConfig({ file: path })
      } catch (error) {
        expect(codeOf(error)).toMatch(/^SPY_CONFIG_/)
      }
    }),
    { numRuns: 60 },
  )
})

test.for(['-1', '1.5', 'x', '50001', ''])('%s is no port offset', (text) => {
  expect(() => parseOffset(text)).toThrow(expect.objectContaining({ code: 'SPY_ARGUMENT_INVALID' }))
})

function messageOf(fn: () => unknown): string {
  try {
    fn()
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return ''
}

test('a file is laid over the base section by section: what it does not name stays', () => {
  const base = { snmp: { community: 'public' }, datasources: [{ name: 'shop', file: 'shop.db' }] }
  const config = loadConfig({ file: file('snmp: {contact: me}\ndatasources: []\n'), base })
  expect(config).toMatchObject({ snmp: { community: 'public', contact: 'me' }, datasources: [] })
})

test('SNMP values that no manager could use are refused: user names over 32 bytes, hosts that are none, long system texts, roots that are no OID', () => {
  const mistakesOf = (snmp: string): string => {
    try {
      loadConfig({ file: file(`snmp: ${snmp}`) })
      return ''
    } catch (error) {
      return String(error)
    }
  }
  const target = (user: string): string => `{trapTargets: [{host: h, version: v3, user: "${user}"}]}`
  expect(mistakesOf(target('x'.repeat(32)))).toBe('')
  expect(mistakesOf(target('x'.repeat(40)))).toContain('at most 32 bytes')
  expect(mistakesOf(target('连'.repeat(11)))).toContain('at most 32 bytes')
  const manager = (host: string): string => `{trapTargets: [{host: "${host}", version: v2c, community: c}]}`
  for (const host of ['nms', 'nms.corp.example.', 'nms_1', 'ümlaut.example', '192.0.2.1', '2001:db8::1', 'fe80::1%eth0', '10gw.corp'])
    expect([host, mistakesOf(manager(host))]).toEqual([host, ''])
  for (const host of ['a b', '999.1.1.1', '1.2.3', '192.0.2.1:162', '[::1]', 'udp:nms', 'nms/x', '-nms', 'a..b', 'x'.repeat(64)])
    expect(mistakesOf(manager(host))).toContain('a host name or an IP address')
  expect(mistakesOf(`{contact: "${'x'.repeat(256)}"}`)).toContain('at most 255 bytes')
  expect(mistakesOf('{root: 1.3.6.1.4.1.4294967296}')).toContain('below 2^32')
})

test.for(['/shop/', '/a//b', '/../x', '/a/..', '/./x', '/%2f', '/a b', 'shop', '', `/${'x'.repeat(500)}`])(
  '%s is no context path',
  (contextPath) => {
    const applications = [{ name: 'shop', folder: '/', contextPath }]
    expect(() => loadConfig({ base: { applications } })).toThrow(/applications\[0\]\.contextPath/)
  },
)

test.for(['/', '/shop', '/shop/v1.2', '/~anna', '/...', '/.well-known'])('%s is a context path', (contextPath) => {
  const applications = [{ name: 'shop', folder: '/', contextPath }]
  expect(loadConfig({ base: { applications } }).applications[0]?.contextPath).toBe(contextPath)
})
