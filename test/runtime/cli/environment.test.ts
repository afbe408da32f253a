import { loadConfig } from '@spyglass/process/config'
import { expect, test, vi } from 'vitest'
import { baseEnvironment, instanceEnvironment, serviceEnvironment, storeEnvironment } from '../../../runtime/src/cli/environment.ts'

test('children do not inherit options of npm and Node, nor secrets from the environment', () => {
  const from = { PATH: '/bin', NODE_OPTIONS: '--inspect', npm_config_user: 'x', AWS_SECRET_ACCESS_KEY: 's', LC_ALL: 'C', https_proxy: 'p' }
  expect(baseEnvironment(from)).toEqual({ PATH: '/bin', LC_ALL: 'C', https_proxy: 'p' })
})

const folder = { root: '/data' }
const serverId = '9f8e7d6c-0000-4000-8000-000000000000'

test('an instance with one application is that service to the agent, and gets what the configuration adds', () => {
  const config = loadConfig({
    base: { applications: [{ name: 'shop', folder: '/x', environment: { GREETING: 'hi' } }], agent: { slowRequestMs: 50 } },
  })
  expect(instanceEnvironment({ config, folder, instance: 'shop-1', applications: config.applications, serverId })).toMatchObject({
    OTEL_SERVICE_NAME: 'shop',
    OTEL_RESOURCE_ATTRIBUTES:
      'service.instance.id=shop-1%409f8e7d6c,service.namespace=spyglass,spyglass.server.name=spyglass,spyglass.process.name=shop-1,spyglass.application=shop,spyglass.version=0.1.0',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    SPYGLASS_SLOW_REQUEST_MS: '50',
    SPYGLASS_LOGS: 'off',
    GREETING: 'hi',
    NODE_ENV: 'production',
  })
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
