import { createRegistry } from '@spyglass/agent/registry'
import pino from 'pino'
import { expect, test } from 'vitest'
import { openResources } from '../../../runtime/src/resource/index.ts'
import { rateLimitSettings } from './fixture.ts'

async function openLimits() {
  const registry = createRegistry({ kindNamed: () => undefined })
  const around = { instance: 'shop-1', registry, logger: pino({ level: 'silent' }), folder: '/' }
  const resources = await openResources({ ...around, resources: { rateLimits: [rateLimitSettings] } })
  const read = (name: string) => registry.find('spyglass:type=RateLimit,instance=shop-1,name=api')?.read(name)
  return { resources, read }
}

test('a limit is a resource that counts, changes live, and lists who asks most', async () => {
  const { resources, read } = await openLimits()
  const limit = resources.get('rateLimits', 'api')
  for (let i = 0; i < 3; i++) void limit.take('192.0.2.7')
  expect(['by', 'max', 'state', 'allowed', 'refused', 'denied', 'keys', 'storeFailures'].map(read)).toEqual([
    'address',
    2,
    'ok',
    2,
    1,
    0,
    1,
    0,
  ])
  resources.configure('rateLimits', [{ ...rateLimitSettings, max: 9 }])
  expect(read('max')).toBe(9)
  const carryOut = (operation: string, given: object) => resources.carryOut('rateLimits', 'api', { operation, given: { ...given } })
  expect(carryOut('top', {})).toEqual([{ key: '192.0.2.7', taken: 2, refused: 1 }])
  expect([await carryOut('forget', { key: '192.0.2.7' }), carryOut('top', { count: 1 })]).toEqual([true, []])
  expect(() => carryOut('other', { key: '192.0.2.7' })).toThrow(expect.objectContaining({ code: 'SPY_RATE_LIMIT_OPERATION' }))
  await resources.close(100)
  expect(read('max')).toBeUndefined()
})

test('a name that the application does not have is an error that names those it has', async () => {
  const { resources } = await openLimits()
  expect(() => resources.get('rateLimits', 'other')).toThrow('it has: api')
  await resources.close(100)
})
