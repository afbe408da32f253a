/** Events from before the link to the keeper exists: for instance about damage found during the start. */
import type { EventInput, Registry } from '@spyglass/agent/registry'

const early = new WeakMap<Registry, EventInput[]>()
const linked = new WeakSet<Registry>()

/** Emits the event as soon as the link of this registry is ready: before that, there is no listener. */
export function emitWhenReady(registry: Registry, event: EventInput): void {
  if (linked.has(registry)) registry.emit(event)
  else early.set(registry, [...(early.get(registry) ?? []), event])
}

/** The link is ready. */
export function emitEarly(registry: Registry): void {
  linked.add(registry)
  for (const event of early.get(registry) ?? []) registry.emit(event)
  early.delete(registry)
}
