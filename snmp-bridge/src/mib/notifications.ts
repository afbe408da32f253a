/** The notifications of SPYGLASS-MIB, derived from the declared events, and the objects they carry. */
import { type EventDeclaration, type EventSeverity, events, keysOf, ruleOfEvent, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Oid } from '../ber/oid.ts'
import { integer, octets, type SnmpValue, type Varbind } from '../ber/value.ts'
import { dateAndTime, utf8Within } from './columns.ts'
import { EVENT_OBJECTS, notificationOid, objectOid } from './layout.ts'

export interface MibNotification {
  readonly event: string
  readonly descriptor: string
  readonly number: number
  readonly description: string
  readonly severity: EventSeverity
}

/** In the order of their numbers. */
export function mibNotifications(declared: Readonly<Record<string, EventDeclaration>> = events): MibNotification[] {
  return Object.entries(declared)
    .flatMap(([event, { trap, description, severity }]) =>
      trap === undefined ? [] : [{ event, number: trap, description, severity, descriptor: descriptorOf(event) }],
    )
    .sort((a, b) => a.number - b.number)
}

/** `spyglass.instance.reload_failed` is sgInstanceReloadFailed. */
const descriptorOf = (event: string): string =>
  `sg${event
    .split(/[._]/)
    .slice(1)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}`

export interface EventObject {
  readonly descriptor: string
  readonly number: number
  readonly syntax: string
  readonly description: string
  readonly read: (event: SpyglassEvent, origin: EventOrigin) => SnmpValue
}

/** What a notification says beside its event. */
export interface EventOrigin {
  /** Name of the server. */
  readonly server: string
  /** Address under which people reach the console: what links are built from. */
  readonly consoleUrl: string
}

const SEVERITIES = ['info', 'warning', 'critical'] as const
const PHASES = ['raise', 'clear', 'note'] as const
const enumeration = (values: readonly string[]): string => `INTEGER { ${values.map((value, i) => `${value}(${i + 1})`).join(', ')} }`
/** On one line: handlers of notifications read them line by line. */
const utf8 = (value: string, maxBytes = 255): SnmpValue => octets(utf8Within(value.replaceAll(/\s*[\n\r\u2028\u2029]\s*/g, ' '), maxBytes))
const MAX_HOLDERS_BYTES = 900

/** The objects of every notification, in their order. */
export const eventObjects: readonly EventObject[] = [
  {
    descriptor: 'sgEventIncident',
    number: 1,
    syntax: 'SgUtf8String',
    description: 'Id of the incident: the same in the notification that raises it, in the one that clears it, in the log and on the page.',
    read: ({ incidentId }) => utf8(incidentId),
  },
  {
    descriptor: 'sgEventSeverity',
    number: 2,
    syntax: enumeration(SEVERITIES),
    description: 'Severity.',
    read: ({ severity }) => integer(SEVERITIES.indexOf(severity) + 1),
  },
  {
    descriptor: 'sgEventPhase',
    number: 3,
    syntax: enumeration(PHASES),
    description: 'raise opens an incident, clear ends it, note is a single event.',
    read: ({ phase }) => integer(PHASES.indexOf(phase) + 1),
  },
  {
    descriptor: 'sgEventTime',
    number: 4,
    syntax: 'DateAndTime',
    description: 'When it happened, in UTC.',
    read: ({ time }) => octets(dateAndTime(time)),
  },
  {
    descriptor: 'sgEventInstance',
    number: 5,
    syntax: 'SgUtf8String',
    description: 'Name of the affected instance; empty when there is none.',
    read: ({ resource }) => utf8(instanceOf(resource)),
  },
  {
    descriptor: 'sgEventObject',
    number: 6,
    syntax: 'SgUtf8String',
    description: 'Name of the affected resource, for instance of the pool or instance.',
    read: ({ resource }) => utf8(keysOf(resource)['name'] ?? ''),
  },
  {
    descriptor: 'sgEventResource',
    number: 7,
    syntax: 'SgUtf8String',
    description: 'ObjectName of the affected resource at the MBean endpoint.',
    read: ({ resource }) => utf8(resource),
  },
  {
    descriptor: 'sgEventMessage',
    number: 8,
    syntax: 'SgUtf8String',
    description: 'What happened, in one sentence.',
    read: ({ message }) => utf8(message),
  },
  {
    descriptor: 'sgEventHolders',
    number: 9,
    syntax: 'SgLongUtf8String',
    description:
      'Who holds the connections of a pool, longest first, separated by |: file and line of the application that borrowed, time held, route, trace id.',
    read: (event) => utf8(holdersText(event), MAX_HOLDERS_BYTES),
  },
  {
    descriptor: 'sgEventTraceId',
    number: 10,
    syntax: 'SgUtf8String',
    description: 'Trace that shows it: of the event itself, or of the longest holder; empty when there is none.',
    read: (event) => utf8(traceIdOf(event)),
  },
  {
    descriptor: 'sgEventUrl',
    number: 11,
    syntax: 'SgUtf8String',
    description: 'Where to look: the trace in the console, or the console.',
    read: (event, { consoleUrl }) => utf8(urlOf(event, consoleUrl)),
  },
  {
    descriptor: 'sgEventRule',
    number: 12,
    syntax: 'SgUtf8String',
    description: 'Name of the alert rule that evaluates it: the same in raise and clear; empty when there is none.',
    read: (event) => utf8(ruleOf(event)),
  },
  {
    descriptor: 'sgEventServer',
    number: 13,
    syntax: 'SgUtf8String',
    description: 'Name of the server that has the resource.',
    read: (event, { server }) => utf8(serverOf(event) ?? server),
  },
]

/** An alert of a collector may be about another server. */
function serverOf({ name, attributes }: SpyglassEvent): string | undefined {
  const stated = name.startsWith('spyglass.alert.') ? attributes['server'] : undefined
  return typeof stated === 'string' ? stated : undefined
}

function ruleOf({ name, attributes }: SpyglassEvent): string {
  const stated = attributes['rule']
  return typeof stated === 'string' ? stated : (ruleOfEvent(name) ?? '')
}

/**
 * Whether an alert repeats an event that has its own notification: the event raised the alert rule, which carries its incident id,
 * so an NMS that received both would see one incident twice.
 */
export function repeatsAnEvent(event: SpyglassEvent): boolean {
  if (event.name !== 'spyglass.alert.firing' && event.name !== 'spyglass.alert.resolved') return false
  const declared: readonly EventDeclaration[] = Object.values(events)
  return declared.some(({ rule, trap }) => trap !== undefined && rule !== undefined && rule === event.attributes['rule'])
}

/** snmpTrapOID and the variable bindings of an event; undefined for an event that is not sent by SNMP. */
export function notificationOf(event: SpyglassEvent, root: Oid, origin: EventOrigin): { oid: Oid; varbinds: Varbind[] } | undefined {
  const declaration: EventDeclaration | undefined = events[event.name]
  if (declaration?.trap === undefined) return undefined
  return {
    oid: notificationOid(root, declaration.trap),
    varbinds: eventObjects.map(({ number, read }) => ({
      oid: [...objectOid(root, EVENT_OBJECTS), number, 0],
      value: read(event, origin),
    })),
  }
}

function instanceOf(resource: string): string {
  const { instance, type, name = '' } = keysOf(resource)
  return instance ?? (type === 'Instance' ? name : '')
}

const longestFirst = ({ holders = [] }: SpyglassEvent) => [...holders].sort((a, b) => b.heldMs - a.heldMs)

function holdersText(event: SpyglassEvent): string {
  return longestFirst(event)
    .map(({ location, heldMs, route, traceId }) =>
      [location || '(unknown)', `${(heldMs / 1000).toFixed(1)} s`, route, traceId].join(' ').trimEnd(),
    )
    .join(' | ')
}

function traceIdOf(event: SpyglassEvent): string {
  const own = event.attributes['traceId']
  return typeof own === 'string' ? own : (longestFirst(event).find(({ traceId }) => traceId !== '')?.traceId ?? '')
}

function urlOf(event: SpyglassEvent, consoleUrl: string): string {
  const base = consoleUrl.replace(/\/$/, '')
  const traceId = traceIdOf(event)
  return traceId === '' ? `${base}/` : `${base}/#/trace/${traceId}`
}
