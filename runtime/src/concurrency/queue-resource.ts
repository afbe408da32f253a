/** A queue as a resource. */
import { kinds } from '@spyglass/mbeans/kinds'
import type { Registry } from '@spyglass/agent/registry'
import type { Queue } from './queue.ts'

/** Two queues of one name are shown as the one that came last. Returns how to take it away. */
export function showQueue(queue: Queue, { registry, instance }: { readonly registry: Registry; readonly instance: string }): () => void {
  const { name } = queue.figures
  return registry.register(
    kinds.queue,
    { instance, name },
    {
      instance: () => instance,
      name: () => name,
      running: () => queue.figures.running,
      length: () => queue.figures.length,
      waitP95: () => queue.figures.waitP95Ms / 1000,
      served: () => queue.figures.served,
      refused: () => queue.figures.refused,
      late: () => queue.figures.late,
    },
  )
}
