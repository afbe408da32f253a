import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDataFolder, ensureSecrets, loadConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { backOffMs } from '../../../runtime/src/decider/reconciler/index.ts'
import type { ServerPlan } from '../../../runtime/src/decider/server-plan.ts'
import { targetsOf } from '../../../runtime/src/decider/targets.ts'
import { planOf } from '../../../runtime/src/server/plan.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function plan(role: 'all' | 'edge', settings: Readonly<Record<string, unknown>> = {}) {
  const root = tempFolder()
  const config = loadConfig({ data: root, base: settings })
  const folder = ensureDataFolder(root)
  return { root, plan: planOf({ config, secrets: ensureSecrets(folder.secrets), folder, role }) }
}

test('all: store and collector first, then management, bridge and instances', () => {
  const { plan: all } = plan('all', { listeners: [{ name: 'http', instances: 2 }] })
  expect(all.processes.map(({ process }) => process.name)).toEqual(['store', 'collector', 'management', 'snmp-bridge', 'http-1', 'http-2'])
  expect(all.ports.map(({ port }) => port)).toEqual([8778, 4318, 8123, 8900])
})

test('edge: no collector and no store, and no bridge when it is switched off', () => {
  const { plan: edge } = plan('edge', { snmp: { enabled: false } })
  expect(edge.processes.map(({ process }) => process.name)).toEqual(['management', 'http-1'])
  expect(edge.ports.map(({ port }) => port)).toEqual([8778])
})

test('the process with sessions runs only where an application uses some that are not in a Redis; instances get keys of their own sessions alone', () => {
  const sessions = [{ name: 'visitors' }, { name: 'shared', store: 'redis', url: 'redis://db' }, { name: 'unused' }]
  const partsWith = (names: readonly string[]) =>
    plan('edge', { snmp: { enabled: false }, sessions, applications: [{ name: 'shop', folder: '/apps/shop', sessions: names }] }).plan
      .processes
  const secretsOf = (names: readonly string[]): string[] => {
    const { sessions: access } = (partsWith(names).at(-1)?.share ?? {}) as { readonly sessions?: { readonly secrets: object } }
    return Object.keys(access?.secrets ?? {})
  }
  const names = (used: readonly string[]) => partsWith(used).map(({ process }) => process.name)
  expect([names(['visitors']), secretsOf(['visitors'])]).toEqual([['management', 'session-store', 'shop-1'], ['visitors']])
  expect([names(['shared']), secretsOf(['shared'])]).toEqual([['management', 'shop-1'], ['shared']])
  expect([names([]), secretsOf([])]).toEqual([['management', 'shop-1'], []])
})

const shop = { name: 'shop', folder: '/apps/shop', environment: { MODE: 'a' }, datasources: ['shop'] }
const reports = { name: 'reports', folder: '/apps/reports', environment: { MODE: 'b' } }
const instancesOf = (settings: Readonly<Record<string, unknown>>) =>
  plan('edge', settings).plan.processes.filter(({ process }) => process.kind === 'instance')

test('a worker takes no place on its listener: it has no socket, and another application is served there', () => {
  const jobs = { name: 'jobs', folder: '/apps/jobs', worker: true }
  const withShop = instancesOf({ applications: [jobs, shop], datasources: [{ name: 'shop', file: 'shop.db' }] })
  expect(withShop.map(({ process, launch }) => [process.name, process.listeners.length, Object.keys(launch.listeners)])).toEqual([
    ['jobs-1', 0, []],
    ['shop-1', 1, ['http']],
  ])
  expect(instancesOf({ applications: [jobs] }).map(({ process }) => process.name)).toEqual(['jobs-1', 'http-1'])
})

test('an application has its own processes with its folder, environment, flags and share; a neighbour has nothing of it', () => {
  const parts = instancesOf({
    listeners: [{ name: 'http' }, { name: 'other', port: 8081 }],
    applications: [
      { ...shop, replicas: 2, imports: ['tsx'], maxHeapBytes: 67_108_864, arguments: ['--verbose'] },
      { ...reports, listener: 'other' },
    ],
    datasources: [
      { name: 'shop', file: 'shop.db' },
      { name: 'accounts', file: 'accounts.db' },
    ],
  })
  expect(parts.map(({ process, launch, isolation }) => [process.name, Object.keys(launch.listeners)[0], isolation])).toEqual([
    ['shop-1', 'http', 'own'],
    ['shop-2', 'http', 'own'],
    ['reports-1', 'other', 'own'],
  ])
  const [first, , neighbour] = parts
  expect(first?.launch).toMatchObject({
    cwd: '/apps/shop',
    env: { MODE: 'a', NODE_ENV: 'production', OTEL_SERVICE_NAME: 'shop' },
    execArgv: expect.arrayContaining(['--max-old-space-size=64', 'tsx']),
  })
  expect(first?.share).toMatchObject({
    instance: 'shop-1',
    applications: [{ name: 'shop', arguments: ['--verbose'] }],
    resources: { datasources: [{ name: 'shop' }] },
  })
  expect(neighbour).toMatchObject({ launch: { cwd: '/apps/reports', env: { MODE: 'b' } }, share: { resources: { datasources: [] } } })
  expect(JSON.stringify(neighbour)).not.toMatch(/apps\/shop|accounts/)
})

test('shared applications live together in the instances of their listener, without flags of their own', () => {
  const [part, ...others] = instancesOf({
    applications: [
      { ...shop, isolation: 'shared', contextPath: '/shop', datasources: [] },
      { ...reports, isolation: 'shared', contextPath: '/reports' },
    ],
  })
  expect(others).toEqual([])
  expect(part).toMatchObject({
    isolation: 'shared',
    launch: { name: 'http-1' },
    share: { applications: [{ name: 'shop' }, { name: 'reports' }] },
  })
  expect(part?.launch).not.toHaveProperty('cwd')
})

test('several groups on one listener are behind a router, which alone has the sockets and the certificates', () => {
  const { plan: routed, root } = plan('edge', {
    listeners: [
      { name: 'http', tls: { certificates: [{ certificate: 'c.pem', key: 'k.pem', passphrase: 'hidden' }] }, redirectTo: 'http' },
    ],
    hosts: [{ name: 'blog.test', aliases: ['*.blog.test'] }],
    applications: [
      { ...shop, replicas: 2, datasources: [], contextPath: '/shop' },
      { ...reports, host: 'blog.test', drainMs: 90_000 },
      { name: 'old', folder: '/apps/old', isolation: 'shared' },
      { name: 'jobs', folder: '/apps/jobs', worker: true },
    ],
  })
  const privateAt = (group: string): string => join(root, 'run', 'applications', `${group}.sock`)
  const idOf = (group: string): string => `${group}@unix:${privateAt(group)}`
  const parts = routed.processes.filter(({ process }) => process.kind === 'instance')
  expect(parts.map(({ process, isolation }) => [process.name, process.listeners, isolation])).toEqual([
    ['shop-1', [idOf('shop')], 'own'],
    ['shop-2', [idOf('shop')], 'own'],
    ['reports-1', [idOf('reports')], 'own'],
    ['jobs-1', [], 'own'],
    ['http-1', [idOf('http')], 'shared'],
    ['router-http', ['http@127.0.0.1:8080'], 'router'],
  ])
  const [router, ...instances] = parts.toReversed()
  expect(JSON.stringify(instances)).not.toMatch(/hidden|k\.pem/)
  expect(JSON.stringify(router?.share)).toContain('k.pem')
  expect(router).toMatchObject({
    process: { isRouter: true, policy: { drainMs: 90_000 } },
  })
  expect(routed.routing).toMatchObject({
    'router-http': {
      hosts: [{ name: 'blog.test', aliases: ['*.blog.test'] }],
      routes: [
        { application: 'shop', host: 'server', contextPath: '/shop', path: privateAt('shop') },
        { application: 'reports', host: 'blog.test', contextPath: '/', path: privateAt('reports') },
        { application: 'old', host: 'server', contextPath: '/', path: privateAt('http') },
      ],
    },
  })
  expect(routed.listeners.map(({ id }) => id)).toEqual(['http@127.0.0.1:8080', idOf('shop'), idOf('reports'), idOf('http')])
})

test('a router that dies again and again is started again at once, an instance waits longer each time', () => {
  const parts = instancesOf({
    applications: [shop, { ...reports, contextPath: '/reports' }],
    datasources: [{ name: 'shop', file: 'shop.db' }],
  })
  const longest = ({ process: { policy } }: (typeof parts)[number]): number => backOffMs(policy, policy.quarantineAfter - 1)
  const [router, instance] = [parts.find(({ process }) => process.isRouter)!, parts.find(({ process }) => !process.isRouter)!]
  expect(longest(router)).toBe(500)
  expect(backOffMs(router.process.policy, 1000)).toBe(500)
  expect(longest(instance)).toBeGreaterThan(500)
})

test('another application on the listener is no new revision of its router', () => {
  const planWith = (...more: object[]) =>
    plan('all', { applications: [{ ...shop, datasources: [], contextPath: '/shop' }, reports, ...more] }).plan
  const [before, after] = [planWith(), planWith({ name: 'blog', folder: '/apps/blog', contextPath: '/blog' })]
  const routerOf = ({ processes }: ServerPlan) => processes.find(({ process }) => process.isRouter)
  expect(before.routing).not.toEqual(after.routing)
  expect(routerOf(after)?.madeFrom?.share).toEqual(routerOf(before)?.madeFrom?.share)
})

test('a listener whose router is not needed any more still has a table: of the one application that is left', () => {
  const { processes, routing } = plan('all', { applications: [{ ...shop, datasources: [], contextPath: '/shop' }] }).plan
  expect(processes.some(({ process }) => process.isRouter)).toBe(false)
  expect(routing).toMatchObject({ 'router-http': { routes: [{ application: 'shop', contextPath: '/shop' }] } })
})

test('an application may be called like a process of the server: neither is taken for the other', () => {
  const named = ['store', 'management', 'router-http'].map((name) => ({ name, folder: '/x', contextPath: `/${name}` }))
  const { plan: all } = plan('all', { applications: named })
  expect(named.map(({ name }) => targetsOf(all, name))).toEqual([['store-1'], ['management-1'], ['router-http-1']])
  const without = plan('all').plan
  expect(['store', 'http-1', 'http'].map((name) => targetsOf(without, name))).toEqual([['store'], ['http-1'], ['http-1']])
  expect(() => targetsOf(without, 'nothing')).toThrow(/nothing/)
})

test('the name of an application that shares its processes means those that host it', () => {
  const listeners = [{ name: 'http', instances: 2 }]
  const both = ['/shop', '/blog'].map((contextPath) => ({ name: contextPath.slice(1), folder: '/x', contextPath, isolation: 'shared' }))
  const { plan: all } = plan('all', { listeners, applications: both })
  for (const name of ['shop', 'blog', 'http']) expect(targetsOf(all, name)).toEqual(['http-1', 'http-2'])
})

test('a disabled application has no processes, and a reload of it says what to do', () => {
  const { plan: all } = plan('all', { applications: [{ name: 'shop', folder: '/x', enabled: false }] })
  expect(() => targetsOf(all, 'shop')).toThrow(
    expect.objectContaining({ code: 'SPY_SERVER_REFUSED', message: expect.stringContaining('`spyglass enable shop`') as string }),
  )
})

test('replicas are those of the listener unless the application sets its own', () => {
  const listeners = [{ name: 'http', instances: 3 }]
  expect(instancesOf({ listeners, applications: [{ name: 'shop', folder: '/x' }] })).toHaveLength(3)
  expect(instancesOf({ listeners, applications: [{ name: 'shop', folder: '/x', replicas: 1 }] })).toHaveLength(1)
})

test('an instance starts with the agent; services read the configuration as it was checked, an instance does not', () => {
  const { root, plan: all } = plan('all')
  all.prepare()
  const specOf = (name: string) => all.processes.find(({ process }) => process.name === name)?.launch
  expect(specOf('http-1')?.execArgv).toEqual(expect.arrayContaining(['--import', expect.stringMatching(/^file:.*register\.ts$/)]))
  const file = join(root, 'run', 'config.json')
  expect(specOf('http-1')?.args).toEqual(['http-1'])
  expect(specOf('collector')?.args).toContain(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(loadConfig({ file })).toEqual(JSON.parse(readFileSync(file, 'utf8')))
})

test('an application overrides the policy of the server; in a shared process the most patient one counts', () => {
  const [own] = instancesOf({
    server: { stopMs: 7000 },
    applications: [{ name: 'shop', folder: '/x', drainMs: 90_000, startTimeoutMs: 120_000 }],
  })
  expect(own?.process.policy).toMatchObject({ drainMs: 90_000, stopMs: 7000, startPatienceMs: 120_000, quarantineAfter: 10 })
  const [shared] = instancesOf({
    applications: [
      { name: 'a', folder: '/a', contextPath: '/a', isolation: 'shared', drainMs: 1000 },
      { name: 'b', folder: '/b', contextPath: '/b', isolation: 'shared', drainMs: 2000 },
    ],
  })
  expect(shared?.process.policy.drainMs).toBe(2000)
})

test('a live setting changes what a process is given, and not what it is made from', () => {
  const root = tempFolder()
  const folder = ensureDataFolder(root)
  const secrets = ensureSecrets(folder.secrets)
  const shopOf = (settings: Readonly<Record<string, unknown>>) => {
    const config = loadConfig({ data: root, base: { applications: [shop], datasources: [{ name: 'shop', file: 'x' }], ...settings } })
    return planOf({ config, secrets, folder, role: 'edge' }).processes.find(({ process }) => process.name === 'shop-1')
  }
  const [before, live, reload] = [
    shopOf({}),
    shopOf({ datasources: [{ name: 'shop', file: 'x', max: 20 }], agent: { keptPerSecond: 9 }, logs: { level: 'debug' } }),
    shopOf({ datasources: [{ name: 'shop', file: 'y' }] }),
  ]
  expect(live?.share).toMatchObject({ resources: { datasources: [{ max: 20 }] }, logLevel: 'debug' })
  expect(live?.launch.env).toMatchObject({ SPYGLASS_KEPT_PER_SECOND: '9' })
  expect(live?.madeFrom).toEqual(before?.madeFrom)
  expect(reload?.madeFrom).not.toEqual(before?.madeFrom)
})
