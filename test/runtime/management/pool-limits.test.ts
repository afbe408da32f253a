import { createRegistry } from '@spyglass/agent/registry'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { exceededLimits, limitText, poolLimitWatch } from '../../../runtime/src/management/pool-limits.ts'

const pool = (instance: string, maxConnections: number, serverConnections?: number, target = 'db:5432/shop') => ({
  instance,
  name: 'shop',
  target,
  maxConnections,
  ...(serverConnections === undefined ? {} : { serverConnections }),
})

test('the pools of all instances are added up by the server of their database', () => {
  expect(exceededLimits([pool('shop-1', 60, 97), pool('shop-2', 37)])).toEqual([])
  const [exceeded] = exceededLimits([pool('shop-1', 60, 97), pool('shop-2', 30), pool('till-1', 8, 97, 'db:5432/till'), pool('x', 900)])
  expect(exceeded).toEqual({ server: 'db:5432', pools: 4, connections: 998, accepted: 97 })
  expect(limitText(exceeded!)).toBe(
    '4 pools may open 998 connections to db:5432, which accepts 97; lower max, or raise the limit of the database',
  )
})

test('a database that does not say what it accepts, or a file, has no limit', () => {
  expect(exceededLimits([pool('shop-1', 1000), pool('shop-2', 1000)])).toEqual([])
  expect(exceededLimits([pool('shop-1', 1000, undefined, '/data/shop.db')])).toEqual([])
})

test('a limit is told once when it begins to be exceeded, and again after it was kept', () => {
  const registry = createRegistry({ kindNamed })
  const events: SpyglassEvent[] = []
  registry.onEvent((event) => events.push(event))
  const check = poolLimitWatch(registry)
  const adopt = (...pools: readonly ReturnType<typeof pool>[]): void => {
    const resources = pools.map(({ instance, ...values }) => ({ kind: 'datasource', keys: { instance, name: 'shop' }, values }))
    registry.adopt('instances', { time: 1, resources })
    check()
  }
  adopt(pool('shop-1', 60, 97))
  expect(events).toEqual([])
  adopt(pool('shop-1', 60, 97), pool('shop-2', 60, 97))
  adopt(pool('shop-1', 60, 97), pool('shop-2', 61, 97))
  expect(events).toMatchObject([
    {
      name: 'spyglass.datasource.oversized',
      resource: 'spyglass:type=Datasource,instance=shop-1,name=shop',
      attributes: { server: 'db:5432', connections: 120, accepted: 97 },
    },
  ])
  adopt(pool('shop-1', 40, 97), pool('shop-2', 40, 97))
  adopt(pool('shop-1', 60, 97), pool('shop-2', 60, 97))
  expect(events).toHaveLength(2)
})
