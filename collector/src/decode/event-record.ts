/** Turns a log record with one of our event names back into the event. */
import { attr, type EventName, type EventPhase, events, type Holder, incidentId, type SpyglassEvent } from '@spyglass/agent/contract'

export const EVENT_PREFIX = 'spyglass.'

const OWN: ReadonlySet<string> = new Set([attr.incidentId, attr.eventPhase, attr.eventResource, attr.eventHolders])

export interface EventRecord {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** The event; undefined if the name is not declared. */
export function eventOf({ name, attributes, message, time }: EventRecord): SpyglassEvent | undefined {
  if (!isEventName(name)) return undefined
  const declaration = events[name]
  const resource = attributes.get(attr.eventResource) ?? ''
  const holders = holdersOf(attributes.get(attr.eventHolders))
  return {
    name,
    incidentId: attributes.get(attr.incidentId) || incidentId(name, resource, time),
    phase: phaseOf(attributes.get(attr.eventPhase)) ?? declaration.phase,
    severity: declaration.severity,
    resource,
    time,
    message,
    attributes: Object.fromEntries([...attributes].filter(([key]) => !OWN.has(key))),
    ...(holders ? { holders } : {}),
  }
}

const isEventName = (name: string): name is EventName => Object.hasOwn(events, name)

function phaseOf(text: string | undefined): EventPhase | undefined {
  return text === 'raise' || text === 'clear' || text === 'note' ? text : undefined
}

/** Holders are sent as JSON text; anything but a list of objects is dropped. */
function holdersOf(text: string | undefined): readonly Holder[] | undefined {
  if (!text) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) && parsed.every((item) => typeof item === 'object' && item !== null) ? (parsed as Holder[]) : undefined
  } catch {
    return undefined // the record itself is stored as it came, so nothing is lost
  }
}
