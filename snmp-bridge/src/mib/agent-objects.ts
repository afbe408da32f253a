/** The scalars of the bridge itself: whether what it shows is fresh, and what became of its notifications. */
import type { Oid } from '../ber/oid.ts'
import { counter32, gauge32, integer, octets, type SnmpValue, text } from '../ber/value.ts'
import type { ManagedObject } from '../table/snapshot.ts'
import { dateAndTime } from './columns.ts'
import { AGENT_OBJECTS, objectOid } from './layout.ts'

/** What the scalars show; read at each request. */
export interface AgentStatus {
  readonly version: string
  /** Milliseconds since the epoch; 0 before the first good poll. */
  lastPoll: number
  pollErrors: number
  stale: boolean
  notificationsSent: number
  informsUnacknowledged: number
  notificationsDropped: number
}

export interface AgentObject {
  readonly descriptor: string
  readonly number: number
  readonly syntax: string
  readonly units?: string
  readonly description: string
  readonly read: (status: AgentStatus, now: number) => SnmpValue
}

export const agentObjects: readonly AgentObject[] = [
  {
    descriptor: 'sgAgentVersion',
    number: 1,
    syntax: 'SgUtf8String',
    description: 'Version of the bridge.',
    read: ({ version }) => text(version),
  },
  {
    descriptor: 'sgAgentLastPoll',
    number: 2,
    syntax: 'DateAndTime',
    description: 'When the MBean endpoint last answered; every value in the tables is of that moment. 1970 before the first answer.',
    read: ({ lastPoll }) => octets(dateAndTime(lastPoll)),
  },
  {
    descriptor: 'sgAgentLastPollAge',
    number: 3,
    syntax: 'Gauge32',
    units: 'milliseconds',
    description: 'Age of the values in the tables; 4294967295 before the first answer.',
    read: ({ lastPoll }, now) => gauge32(lastPoll === 0 ? Number.MAX_SAFE_INTEGER : now - lastPoll),
  },
  {
    descriptor: 'sgAgentPollErrors',
    number: 4,
    syntax: 'Counter32',
    description: 'Polls of the MBean endpoint that failed.',
    read: ({ pollErrors }) => counter32(pollErrors),
  },
  {
    descriptor: 'sgAgentStale',
    number: 5,
    syntax: 'TruthValue',
    description: 'Whether polls have failed for so long that rows are withdrawn; instances are then shown with the state unknown alone.',
    read: ({ stale }) => integer(stale ? 1 : 2),
  },
  {
    descriptor: 'sgAgentNotificationsSent',
    number: 6,
    syntax: 'Counter32',
    description: 'Traps and informs sent, repetitions of informs not counted.',
    read: ({ notificationsSent }) => counter32(notificationsSent),
  },
  {
    descriptor: 'sgAgentInformsUnacknowledged',
    number: 7,
    syntax: 'Counter32',
    description: 'Informs given up since no acknowledgement came.',
    read: ({ informsUnacknowledged }) => counter32(informsUnacknowledged),
  },
  {
    descriptor: 'sgAgentNotificationsDropped',
    number: 8,
    syntax: 'Counter32',
    description: 'Notifications dropped since the queue of their receiver was full.',
    read: ({ notificationsDropped }) => counter32(notificationsDropped),
  },
]

export function agentInstances(root: Oid, status: AgentStatus, now: () => number): ManagedObject[] {
  return agentObjects.map(({ number, read }) => ({
    oid: [...objectOid(root, AGENT_OBJECTS), number, 0],
    value: () => read(status, now()),
  }))
}
