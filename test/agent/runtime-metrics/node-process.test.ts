import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createRegistry } from '@spyglass/agent/registry'
import { openFileDescriptors, registerNodeProcess, threadPoolSize } from '../../../agent/src/runtime-metrics/node-process.ts'

test('a server that listens is among the descriptors and the active resources', async () => {
  const before = openFileDescriptors() ?? 0
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const registry = createRegistry({ kindNamed: () => undefined })
  registerNodeProcess(registry, 'test')
  const bean = registry.find('nodejs:type=Process,process=test')
  expect(bean?.read('openFileDescriptors')).toBeGreaterThan(before > 0 ? 2 : 0)
  expect(bean?.read('activeResources')).toBeGreaterThan(0)
  expect(bean?.read('threadPoolRequests')).toBeGreaterThanOrEqual(0)
})

test('the size of the thread pool is read as libuv reads it', () => {
  expect([undefined, '16', '0', 'many', '5000', '8x'].map(threadPoolSize)).toEqual([4, 16, 1, 1, 1024, 8])
})
