import { expect, test } from 'vitest'
import { jobs } from '../../../runtime/src/application/index.ts'
import { jobType } from '../../../runtime/src/jobs/index.ts'
import { installResources } from '../../../runtime/src/resource/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { openOrders, startJobStore } from './fixture.ts'

test('an application finds its jobs by their name, while it runs', async () => {
  expect(() => jobs('orders')).toThrow(expect.objectContaining({ code: 'SPY_JOBS_CLOSED' }))
  const store = await startJobStore(tempFolder())
  const { resources, close, read } = await openOrders(store.socket)
  const uninstall = installResources(resources)
  expect(jobs('orders')).toBe(resources.get('jobs', 'orders'))
  expect(() => jobs('other')).toThrow(expect.objectContaining({ code: 'SPY_JOBS_UNKNOWN' }))
  expect([read('store'), read('concurrency'), read('running'), read('waiting'), read('state')]).toEqual([
    'server',
    4,
    0,
    undefined,
    undefined,
  ])
  expect(() => resources.carryOut('jobs', 'orders', { operation: 'pause', given: {} })).toThrow(
    expect.objectContaining({ code: 'SPY_JOBS_OPERATION' }),
  )
  uninstall()
  await close()
  expect(read('store')).toBeUndefined()
  await store.end()
})

test('errors name what there is', () => {
  expect(jobType.unknown('a', ['b', 'c']).message).toContain('it has: b, c')
  expect(jobType.unknown('a', []).message).toContain('it has: none')
})
