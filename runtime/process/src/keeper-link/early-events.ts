/** Events of the time before there was a link to the keeper: of damage found while the process was put together, for instance. */
import type { EventInput, Registry } from '@spyglass/agent/registry'

const early = new WeakMap<Registry, EventInput[]>()
const linked = new WeakSet<Registry>()

/** Emits the event as soon as the link of this registry is ready: until then nobody listens. */
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
