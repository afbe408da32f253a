import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { Queue } from '../../../runtime/src/concurrency/queue.ts'
import { showQueue } from '../../../runtime/src/concurrency/queue-resource.ts'
import { ManualClock } from '../datasource/fixture.ts'

test('a queue is a resource with its length and its waits', async () => {
  const registry = createRegistry({ kindNamed: () => undefined })
  const clock = new ManualClock()
  const queue = new Queue({ name: 'checkout' }, clock)
  const hide = showQueue(queue, { registry, instance: 'shop-1' })
  const bean = () => registry.find('spyglass:type=Queue,instance=shop-1,name=checkout')
  const { promise, resolve } = Promise.withResolvers<void>()
  const [first, second] = [queue.run(() => promise), queue.run(() => 'second')]
  await expect.poll(() => ['running', 'length'].map((name) => bean()?.read(name))).toEqual([1, 1])
  clock.advance(1500)
  resolve()
  await Promise.all([first, second])
  expect(['running', 'length', 'waitP95', 'served', 'refused', 'late'].map((name) => bean()?.read(name))).toEqual([0, 0, 1.5, 2, 0, 0])
  hide()
  expect(bean()).toBeUndefined()
})
