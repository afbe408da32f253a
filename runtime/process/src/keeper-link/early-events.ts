/** Events from before the link to the keeper exists: for instance about damage found during the start. */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import type { EventInput, Registry } from '@spyglass/agent/registry'

const early = new WeakMap<Registry, EventInput[]>()
const linked = new WeakSet<Registry>()

/** Emits the event as soon as the link of this registry is ready: before that, there is no listener. */
export function emitWhenReady(registry: Registry, event: EventInput): void {
  if (linked.has(registry)) registry.emit(event)
  else early.set(registry, [...(early.get(registry) ?? []), event])
}

/** The link is ready, or there is none. */
export function emitEarly(registry: Registry): void {
  takeKept(registry)
  linked.add(registry)
  for (const event of early.get(registry) ?? []) registry.emit(event)
  early.delete(registry)
}

const kept = new WeakMap<Registry, { readonly events: SpyglassEvent[]; readonly stop: () => void }>()

/** Remembers what the registry emits until {@link takeKept}: what resumes its work during the start also emits events. */
export function keepEvents(registry: Registry): void {
  const events: SpyglassEvent[] = []
  kept.set(registry, { events, stop: registry.onEvent((event) => events.push(event)) })
}

/** What was emitted since {@link keepEvents}, which ends with it. */
export function takeKept(registry: Registry): readonly SpyglassEvent[] {
  const { events = [], stop } = kept.get(registry) ?? {}
  stop?.()
  kept.delete(registry)
  return events
}
