/** The scalars of the bridge itself: how fresh its values are, and what happened to its notifications. */
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
  /** Why a receiver, by its name, did not get its last notification. */
  readonly undelivered: Map<string, string>
}

export interface AgentObject {
  readonly descriptor: string
  readonly number: number
  readonly syntax: string
  readonly units?: string
  readonly description: string
  readonly read: (status: AgentStatus, now: number) => SnmpValue
  /** True: it has no instance before the first response of the MBean endpoint. */
  readonly afterPoll?: true
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
    afterPoll: true,
    description: 'When the MBean endpoint last responded: the tables show the values of that moment. Absent before the first response.',
    read: ({ lastPoll }) => octets(dateAndTime(lastPoll)),
  },
  {
    descriptor: 'sgAgentLastPollAge',
    number: 3,
    syntax: 'Gauge32',
    units: 'milliseconds',
    afterPoll: true,
    description: 'Age of the values in the tables, in milliseconds. Absent before the first response.',
    read: ({ lastPoll }, now) => gauge32(now - lastPoll),
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
    description: 'Whether polls have failed for so long that rows are withdrawn; instances then show only the state unknown.',
    read: ({ stale }) => integer(stale ? 1 : 2),
  },
  {
    descriptor: 'sgAgentNotificationsSent',
    number: 6,
    syntax: 'Counter32',
    description: 'Notifications sent; retries of informs are not counted.',
    read: ({ notificationsSent }) => counter32(notificationsSent),
  },
  {
    descriptor: 'sgAgentInformsUnacknowledged',
    number: 7,
    syntax: 'Counter32',
    description: 'Attempts to deliver a notification that failed: no acknowledgement came, or the receiver could not be reached.',
    read: ({ informsUnacknowledged }) => counter32(informsUnacknowledged),
  },
  {
    descriptor: 'sgAgentNotificationsDropped',
    number: 8,
    syntax: 'Counter32',
    description: 'Notifications dropped because the queue of their receiver was full.',
    read: ({ notificationsDropped }) => counter32(notificationsDropped),
  },
]

/** The scalars that exist now; `polled`: whether the MBean endpoint has ever responded. */
export function agentInstances(root: Oid, status: AgentStatus, polled: boolean): ManagedObject[] {
  return agentObjects
    .filter(({ afterPoll }) => polled || !afterPoll)
    .map(({ number, read }) => ({
      oid: [...objectOid(root, AGENT_OBJECTS), number, 0],
      value: () => read(status, Date.now()),
    }))
}
