import { loadConfig } from '@spyglass/process/config'
import { instanceToken } from '@spyglass/process/access'
import { expect, test, vi } from 'vitest'
import { baseEnvironment, instanceEnvironment, serviceEnvironment, storeEnvironment } from '../../../runtime/src/server/environment.ts'

test('children do not inherit options of npm and Node, nor secrets from the environment', () => {
  const from = { PATH: '/bin', NODE_OPTIONS: '--inspect', npm_config_user: 'x', AWS_SECRET_ACCESS_KEY: 's', LC_ALL: 'C', https_proxy: 'p' }
  expect(baseEnvironment(from)).toEqual({ PATH: '/bin', LC_ALL: 'C', https_proxy: 'p' })
})

const folder = { root: '/data' }
const secrets = { internal: { token: 'of-our-own-processes' } }
const serverId = '9f8e7d6c-0000-4000-8000-000000000000'

test('an instance with one application is that service to the agent, and gets what the configuration adds', () => {
  const config = loadConfig({
    base: { applications: [{ name: 'shop', folder: '/x', environment: { GREETING: 'hi' } }], agent: { slowRequestMs: 50 } },
  })
  const environment = instanceEnvironment({ config, folder, instance: 'shop-1', applications: config.applications, serverId, secrets })
  expect(environment).toMatchObject({
    OTEL_SERVICE_NAME: 'shop',
    OTEL_RESOURCE_ATTRIBUTES:
      'service.instance.id=shop-1%409f8e7d6c,service.namespace=spyglass,spyglass.server.name=spyglass,spyglass.process.name=shop-1,spyglass.application=shop,spyglass.version=0.1.0',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${instanceToken(secrets)}`,
    SPYGLASS_SLOW_REQUEST_MS: '50',
    SPYGLASS_LOGS: 'off',
    GREETING: 'hi',
    NODE_ENV: 'production',
  })
})

test('statements are explained and cancelled only where the configuration says so', () => {
  const controlOf = (agent: object): (string | undefined)[] => {
    const config = loadConfig({ base: { agent } })
    const environment = instanceEnvironment({ config, folder, instance: 'http-1', applications: [], serverId, secrets })
    return [environment['SPYGLASS_EXPLAIN'], environment['SPYGLASS_CANCEL_STATEMENTS']]
  }
  expect(controlOf({})).toEqual([undefined, undefined])
  expect(controlOf({ explain: true, cancelStatements: true })).toEqual(['on', 'on'])
})

test('an application whose code is a deployed version has its number among the attributes', () => {
  const attributesOf = (code: string): string | undefined => {
    const config = loadConfig({ base: { applications: [{ name: 'shop', folder: code }] } })
    return instanceEnvironment({ config, folder, instance: 'shop-1', applications: config.applications, serverId, secrets })[
      'OTEL_RESOURCE_ATTRIBUTES'
    ]
  }
  expect(attributesOf('/data/applications/shop/12')).toContain(',spyglass.deployment=12,')
  for (const code of ['/srv/applications/shop/12', '/data/applications/other/12', '/data/applications/shop'])
    expect(attributesOf(code)).not.toContain('spyglass.deployment')
})

test('an instance finds the port of its listener in PORT, unless the configuration says otherwise; a worker has none', () => {
  const portOf = (environment: Readonly<Record<string, string>>, port?: number) => {
    const config = loadConfig({ base: { applications: [{ name: 'shop', folder: '/x', environment }] } })
    return instanceEnvironment({ config, folder, instance: 'shop-1', applications: config.applications, port, serverId, secrets })['PORT']
  }
  expect(portOf({}, 8081)).toBe('8081')
  expect(portOf({ PORT: '3000' }, 8081)).toBe('3000')
  expect(portOf({})).toBeUndefined()
})

test('an instance follows the collector to https, and shows a token that is not the internal one; the collector of others gets neither', () => {
  const tls = { certificates: [{ certificate: 'tls/a.crt', key: 'tls/a.key' }] }
  const config = loadConfig({ base: { collector: { tls, credentials: 'required' } } })
  const environment = instanceEnvironment({ config, folder, instance: 'http-1', applications: [], serverId, secrets })
  expect(environment).toMatchObject({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:4318',
    OTEL_EXPORTER_OTLP_CERTIFICATE: expect.stringMatching(/^\/.*\/tls\/a\.crt$/),
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${instanceToken(secrets)}`,
  })
  expect(Object.values(environment).join()).not.toContain(secrets.internal.token)
  const elsewhere = loadConfig({ base: { collector: { tls }, agent: { endpoint: 'https://apm.example:4318' } } })
  const sent = instanceEnvironment({ config: elsewhere, folder, instance: 'http-1', applications: [], serverId, secrets })
  expect(sent['OTEL_EXPORTER_OTLP_ENDPOINT']).toBe('https://apm.example:4318')
  expect(sent).not.toHaveProperty('OTEL_EXPORTER_OTLP_CERTIFICATE')
  expect(sent).not.toHaveProperty('OTEL_EXPORTER_OTLP_HEADERS')
})

test('every child keeps its compiled modules in the data folder, unless another place is set', () => {
  vi.stubEnv('NODE_COMPILE_CACHE', undefined)
  expect(serviceEnvironment(folder)).toMatchObject({ NODE_COMPILE_CACHE: '/data/cache/node', MALLOC_ARENA_MAX: '2' })
  vi.stubEnv('NODE_COMPILE_CACHE', '/elsewhere')
  expect(serviceEnvironment(folder)['NODE_COMPILE_CACHE']).toBe('/elsewhere')
  vi.unstubAllEnvs()
})

test('the store is given what its allocator needs; the size of its thread pool it sets itself', () => {
  const environment = storeEnvironment(folder)
  expect(environment).toMatchObject({ JE_MALLOC_CONF: expect.stringContaining('prof:false'), MALLOC_ARENA_MAX: '2' })
  expect(environment).not.toHaveProperty('UV_THREADPOOL_SIZE')
})

test('an instance finds the variables that passwords of its own datasources are in, and no others', () => {
  vi.stubEnv('SHOP_DB', 'a')
  vi.stubEnv('BLOG_DB', 'b')
  vi.stubEnv('CREDENTIALS_DIRECTORY', '/run/credentials')
  const source = (name: string, passwordFrom: string) => ({ name, driver: 'pg', url: `postgres://db/${name}`, passwordFrom })
  const datasources = [
    source('shop', 'env:SHOP_DB'),
    source('blog', 'env:BLOG_DB'),
    source('till', 'credential:till'),
    source('none', 'env:NONE'),
  ]
  const environmentOf = (...names: string[]) => {
    const config = loadConfig({ base: { datasources, applications: [{ name: 'shop', folder: '/x', datasources: names }] } })
    const { SHOP_DB, BLOG_DB, CREDENTIALS_DIRECTORY } = instanceEnvironment({
      config,
      folder,
      instance: 'shop-1',
      applications: config.applications,
      serverId,
      secrets,
    })
    return [SHOP_DB, BLOG_DB, CREDENTIALS_DIRECTORY]
  }
  expect(environmentOf('shop', 'none')).toEqual(['a', undefined, undefined])
  expect(environmentOf('till')).toEqual([undefined, undefined, '/run/credentials'])
  vi.unstubAllEnvs()
})
