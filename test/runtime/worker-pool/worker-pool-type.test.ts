import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { openResources } from '../../../runtime/src/resource/index.ts'
import { workerPools } from '../../../runtime/src/worker-pool/index.ts'

test('a pool that is not used shows itself, has no thread, and is hidden when it is closed', async () => {
  const registry = createRegistry({ kindNamed })
  const resources = await openResources({
    instance: 'shop-1',
    registry,
    logger: pino({ level: 'silent' }),
    folder: '/',
    resources: { workerPools: [{ name: 'images', file: 'resize.js' }] },
  })
  const read = (attribute: string) => registry.find('spyglass:type=WorkerPool,instance=shop-1,name=images')?.read(attribute)
  expect(['size', 'threads', 'running', 'waiting', 'oldestAge', 'done'].map(read)).toEqual([1, 0, 0, 0, 0, 0])
  await expect(resources.get('workerPools', 'images').run({})).rejects.toMatchObject({
    code: 'SPY_WORKER_POOL_FILE',
    message: expect.stringContaining('any application'),
  })
  await resources.close(0)
  expect(read('size')).toBeUndefined()
})

test('errors name what there is', () => {
  expect(workerPools.unknown('a', ['b', 'c']).message).toContain('it has: b, c')
  expect(workerPools.unknown('a', []).message).toContain('it has: none')
})
