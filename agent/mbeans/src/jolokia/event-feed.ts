/** Where the events of an endpoint come from, and their positions: the ids of an event stream. */
import { nextPosition, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'

/** An event and its position; see `positionAt`. */
export interface PositionedEvent {
  readonly event: SpyglassEvent
  readonly position: number
}

export interface EventFeed {
  onEvent(listener: (event: SpyglassEvent, position: number) => void): () => void
  /** Events after the position, oldest first, at most so many. Absent if only clients remember what they have not seen. */
  readonly after?: (position: number, limit: number) => readonly PositionedEvent[]
  /** Position of the last event; 0 when there is none. Absent with `after`. */
  readonly newest?: () => number
}

/** The events of a registry. */
export function registryFeed(registry: Pick<Registry, 'onEvent'>): EventFeed {
  let last = 0
  return { onEvent: (listener) => registry.onEvent((event) => listener(event, (last = nextPosition(last, Date.now())))) }
}
