/**
 * Events: what happens to resources. Each is pushed once, within a second, and appears with the same incident id in the log
 * record (OTLP EventName), the Jolokia notification, the SNMP notification and the page. A raise and its clear share the id.
 */

export type EventSeverity = 'info' | 'warning' | 'critical'

/** `raise` opens an incident, `clear` ends it, `note` stands alone. */
export type EventPhase = 'raise' | 'clear' | 'note'

export interface EventDeclaration {
  /** Number of the SNMP notification: never reused. If omitted, it is not sent by SNMP. */
  readonly trap?: number
  readonly phase: EventPhase
  readonly severity: EventSeverity
  /** For a clear: the event it ends. */
  readonly clears?: string
  /** For a raise: the alert rule that judges it. */
  readonly rule?: string
  /** For a raise: its source remembers it across restarts, so the end of that process does not clear it. */
  readonly durable?: true
  readonly description: string
}

/** All events by name; the name is the OTLP EventName and the type of the Jolokia notification. */
export const events = {
  'spyglass.instance.down': {
    trap: 1,
    phase: 'raise',
    severity: 'critical',
    rule: 'InstanceDown',
    description: 'No generation of the instance is ready.',
  },
  'spyglass.instance.up': {
    trap: 2,
    phase: 'clear',
    severity: 'info',
    clears: 'spyglass.instance.down',
    description: 'The instance is ready again, or was removed.',
  },
  'spyglass.pool.exhausted': {
    trap: 3,
    phase: 'raise',
    severity: 'critical',
    rule: 'PoolExhausted',
    description: 'All connections of the pool are lent and borrowers have been waiting for longer than the configured time.',
  },
  'spyglass.pool.recovered': {
    trap: 4,
    phase: 'clear',
    severity: 'info',
    clears: 'spyglass.pool.exhausted',
    description: 'The pool lends connections again.',
  },
  'spyglass.pool.leak': {
    trap: 5,
    phase: 'note',
    severity: 'warning',
    description: 'A connection was held too long with no statement running, or was garbage-collected without being returned.',
  },
  'spyglass.datasource.oversized': {
    phase: 'note',
    severity: 'warning',
    description: 'The pools of all instances may together open more connections than their database accepts.',
  },
  'spyglass.datasource.failover': {
    trap: 15,
    phase: 'note',
    severity: 'warning',
    description: 'Writes of a datasource go to another member than before.',
  },
  'spyglass.datasource.restored': {
    trap: 16,
    phase: 'note',
    severity: 'info',
    description: 'A member of a datasource that was down gets reads again.',
  },
  'spyglass.instance.reloaded': { phase: 'note', severity: 'info', description: 'A new generation of the instance took over.' },
  'spyglass.instance.reload_failed': {
    trap: 6,
    phase: 'note',
    severity: 'warning',
    description: 'A new generation did not become ready; the old one keeps serving.',
  },
  'spyglass.instance.quarantined': {
    trap: 9,
    phase: 'note',
    severity: 'critical',
    description:
      'The instance failed, or was replaced because of its health, too often in a row; it is tried again rarely until an operator reloads it.',
  },
  'spyglass.instance.unhealthy': {
    trap: 10,
    phase: 'note',
    severity: 'warning',
    description: 'Health checks of the instance failed several times in a row: a new generation is started to replace it.',
  },
  'spyglass.application.started': { phase: 'note', severity: 'info', description: 'An application is loaded and serves requests.' },
  'spyglass.application.failed': { trap: 11, phase: 'note', severity: 'critical', description: 'An application could not be loaded.' },
  'spyglass.application.overloaded': {
    trap: 13,
    phase: 'raise',
    severity: 'warning',
    description: 'An instance refuses requests of an application because it has more than it can serve.',
  },
  'spyglass.application.relieved': {
    trap: 14,
    phase: 'clear',
    severity: 'info',
    clears: 'spyglass.application.overloaded',
    description: 'The instance has refused no request of the application for five seconds.',
  },
  'spyglass.error.new': {
    phase: 'note',
    severity: 'warning',
    description: 'A service failed with an error that was not seen before, or not for as long as rollups are kept.',
  },
  'spyglass.process.restarted': {
    phase: 'note',
    severity: 'warning',
    description: 'A process of the server other than an instance exited unexpectedly and was restarted.',
  },
  'spyglass.engine.replaced': {
    phase: 'note',
    severity: 'warning',
    description: 'The database engine of the store exited unexpectedly, or was ended because a statement hung, and was started again.',
  },
  'spyglass.server.started': { phase: 'note', severity: 'info', description: 'The server is ready.' },
  'spyglass.settings.changed': {
    phase: 'note',
    severity: 'info',
    description:
      'Settings were changed by a command, in the console or over the API. The message names them; the history has their values.',
  },
  'spyglass.state.damaged': {
    phase: 'note',
    severity: 'warning',
    description: 'A state file was damaged and set aside; the message says what was lost.',
  },
  'spyglass.server.stopping': {
    trap: 12,
    phase: 'note',
    severity: 'info',
    description: 'The server was asked to stop: until it starts again its silence is no failure.',
  },
  'spyglass.segment.quarantined': {
    phase: 'note',
    severity: 'warning',
    description: 'A segment of the write-ahead log could not be stored and was set aside.',
  },
  'spyglass.segment.damaged': {
    phase: 'note',
    severity: 'warning',
    description: 'Part of the write-ahead log was damaged: the unreadable part was copied to the folder quarantine, the rest was kept.',
  },
  'spyglass.alert.firing': { trap: 7, phase: 'raise', severity: 'critical', durable: true, description: 'An alert rule fires.' },
  'spyglass.alert.resolved': {
    trap: 8,
    phase: 'clear',
    severity: 'info',
    clears: 'spyglass.alert.firing',
    description: 'An alert rule has resolved.',
  },
  'spyglass.alert.acknowledged': { phase: 'note', severity: 'info', description: 'Somebody takes care of an incident.' },
  'spyglass.alert.delivered': { phase: 'note', severity: 'info', description: 'A receiver has accepted a page about an incident.' },
  'spyglass.alert.noted': { phase: 'note', severity: 'info', description: 'Somebody wrote down something about an incident.' },
  'spyglass.silence.created': { phase: 'note', severity: 'info', description: 'Pages about some alerts are withheld for a time.' },
  'spyglass.silence.ended': { phase: 'note', severity: 'info', description: 'A silence was ended before its time.' },
} as const satisfies Record<string, EventDeclaration>

export type EventName = keyof typeof events

/** Name of the alert rule that judges a raise, or the raise that a clear ends; undefined for an event that no rule judges. */
export function ruleOfEvent(name: EventName): string | undefined {
  const { clears, rule }: EventDeclaration = events[name]
  return rule ?? (clears === undefined ? undefined : ruleOfEvent(clears as EventName))
}

/** What the database says of the session behind a lent connection. */
export interface HolderSession {
  /** Its number in the database: a process of PostgreSQL, a thread of MariaDB. */
  readonly id: number
  readonly state: string
  /** How long it has been in that state. */
  readonly stateMs: number
  /** What it waits for, as the database names it; empty when it does not wait. */
  readonly waitsFor: string
  readonly blockers: readonly Blocker[]
}

/** A session that another one waits for. */
export interface Blocker {
  readonly id: number
  /** Its connection, when it is one of the same pool. */
  readonly connection?: number
  /** Application, user and address, as far as the database knows them. */
  readonly who: string
  readonly state: string
  readonly stateMs: number
  /** The last statement, normalised. */
  readonly statement: string
}

/** Who holds a connection: the evidence of a pool's events. */
export interface Holder {
  readonly connection: number
  readonly heldMs: number
  readonly route: string
  readonly traceId: string
  readonly statement: string
  /** `file:line` of the application that borrowed, or empty. */
  readonly location: string
  readonly leaked: boolean
  /** Frames of the application, innermost first. */
  readonly stack: readonly string[]
  /** Where the database was asked and answered. */
  readonly session?: HolderSession
}

export interface SpyglassEvent {
  readonly name: EventName
  /** 16 hexadecimal digits; see {@link incidentId}. */
  readonly incidentId: string
  readonly phase: EventPhase
  readonly severity: EventSeverity
  /** ObjectName of the resource. */
  readonly resource: string
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly message: string
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly holders?: readonly Holder[]
}

/**
 * The id of an incident: FNV-1a (64 bit) of the raising event's name, the resource and the start in milliseconds. It is made once,
 * by the process that raises the event, and carried from then on.
 */
export function incidentId(raisedBy: EventName, resource: string, startMs: number): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(`${raisedBy}\n${resource}\n${startMs}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  }
  return hash.toString(16).padStart(16, '0')
}

/**
 * Where an event is in the sequence of all events of a server: the microseconds since the epoch at which it arrived, made to rise. A position counts on
 * after any restart, also when what was kept is lost.
 */
export const positionAt = (ms: number): number => Math.floor(ms * 1000)

/** The position of an event that arrives now, after that at `last`. */
export const nextPosition = (last: number, now: number): number => Math.max(last + 1, positionAt(now))

/** A remembered position. Beyond the newest one there can be, of a journal that was lost or a clock that was wrong, it would withhold what follows. */
export const rememberedPosition = (position: number, newest: number): number => Math.min(position, newest)
