/** What the API answers about one incident: `collector/src/console/incident/incident-room.ts`. */
import type { FailedKind, Holder, Incident, LogRecord, RouteTotal, SlowRequest } from './api-types.ts'

export interface Moment {
  readonly time: number
  readonly type: string
  readonly text: string
}

export interface Signal {
  readonly title: string
  /** `ms`, `s`, `By`, `1` for a ratio; anything else is a count. */
  readonly unit: string
  readonly times: readonly number[]
  readonly series: readonly { readonly label: string; readonly values: readonly (number | null)[] }[]
  readonly threshold?: { readonly label: string; readonly value: number }
}

export interface RoomIncident {
  readonly id: string
  /** Empty for an event that no rule judges. */
  readonly rule: string
  readonly severity: string
  readonly resource: string
  readonly state: Incident['state'] | 'event'
  readonly summary: string
  readonly since: number
  readonly resolvedAt?: number
  readonly acknowledged?: NonNullable<Incident['acknowledged']>
  readonly isWithheld?: boolean
  readonly failedRequests?: number
  readonly holders: readonly Holder[]
}

export interface WaitingPage {
  readonly receiver: string
  readonly status: string
  readonly attempts: number
  readonly nextAttemptAt: number
}

export interface IncidentRoom {
  readonly incident: RoomIncident
  readonly rule?: {
    readonly name: string
    readonly text: string
    readonly help: string
    readonly runbook: string
    readonly runbookLink?: string
  }
  readonly timeline: readonly Moment[]
  readonly waiting: readonly WaitingPage[]
  readonly range: { readonly from: number; readonly to: number }
  readonly signal?: Signal
  readonly service: string
  readonly changes: Incident['changes']
  readonly routes: readonly RouteTotal[]
  readonly errors: readonly FailedKind[]
  readonly requests: readonly SlowRequest[]
  readonly logs: readonly LogRecord[]
  readonly problems: readonly { readonly part: string; readonly code: string; readonly message: string }[]
}
