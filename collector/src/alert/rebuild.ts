/**
 * After the state of alerts was damaged: rebuilds the open incidents from the stored events. Those that had paged begin as firing and do
 * not page again; what was raised and had not paged yet is evaluated again. Waits in the background until the store answers.
 */
import { type EventName, events, type Holder, ruleOfEvent, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import { numberOf, type QueryClient, type Row, textOf, timeParameter } from '../query/index.ts'
import type { Announcer } from './announcer.ts'
import type { Evaluator } from './evaluator.ts'
import type { EventSource } from './event-source.ts'
import type { Incident } from './incident.ts'

export interface RebuildOptions {
  readonly query: QueryClient
  readonly evaluator: Evaluator
  readonly announcer: Pick<Announcer, 'resume'>
  readonly source: Pick<EventSource, 'onEvent'>
  readonly logger: Logger
  /** Pause between attempts while the store does not respond. Default 1000. */
  readonly retryMs?: number
  readonly now?: () => number
}

const BACK_MS = 7 * 86_400_000
const MAX_EVENTS = 10_000
/** As after every start: an incident whose end was missed must not page before the registry had time to report it. */
const GRACE_MS = 5000

export function startRebuild(options: RebuildOptions): { readonly stop: () => void; readonly done: Promise<void> } {
  const { logger, retryMs = 1000 } = options
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const done = new Promise<void>((resolve) => {
    const attempt = async (): Promise<void> => {
      try {
        const incidents = await rebuild(options, () => stopped)
        logger.warn({ incidents }, 'open incidents were rebuilt from the stored events')
        resolve()
      } catch {
        if (!stopped) timer = setTimeout(() => void attempt(), retryMs).unref() // the store is not there yet
      }
    }
    void attempt()
  })
  return {
    done,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** Resolves with the number of incidents found open. */
async function rebuild({ query, evaluator, announcer, source, now = Date.now }: RebuildOptions, isStopped: () => boolean): Promise<number> {
  const to = now()
  const rows = await query.rows('events', {
    parameters: { from: timeParameter(to - BACK_MS), to: timeParameter(to), service: '', limit: MAX_EVENTS },
  })
  if (isStopped()) return 0
  const senders = new Map(
    rows.map((row) => [textOf(row['incidentId']), { server: textOf(row['server']), instance: textOf(row['instance']) }]),
  )
  const stored = rows.map(eventOf).toReversed() // oldest first
  const firing = openAlerts(stored)
  for (const { alert, raise } of firing) {
    const incident = incidentOf(alert, raise, to)
    if (evaluator.adopt(incident)) announcer.resume(incident)
  }
  const raises = openRaises(stored).filter(({ incidentId }) => !evaluator.knows(incidentId))
  for (const event of raises) {
    source.onEvent(event, senders.get(event.incidentId))
    evaluator.postpone(event.incidentId, to + GRACE_MS)
  }
  return firing.length + raises.length
}

interface FiringAlert {
  readonly alert: SpyglassEvent
  /** The event that began it; rules over rollups have none. */
  readonly raise: SpyglassEvent | undefined
}

/** Alerts that fired and did not resolve. */
function openAlerts(stored: readonly SpyglassEvent[]): readonly FiringAlert[] {
  const open = new Map<string, SpyglassEvent>()
  for (const event of stored) {
    if (event.name === 'spyglass.alert.firing') open.set(event.incidentId, event)
    if (event.name === 'spyglass.alert.resolved') open.delete(event.incidentId)
  }
  const raises = new Map(stored.filter(isRaise).map((event) => [event.incidentId, event]))
  return [...open].map(([id, alert]) => ({ alert, raise: raises.get(id) }))
}

/** Of a rule: an alert itself is raised too. */
const isRaise = ({ phase, name }: SpyglassEvent): boolean => phase === 'raise' && ruleOfEvent(name) !== undefined

/** Raises of alerts that did not clear. */
function openRaises(stored: readonly SpyglassEvent[]): readonly SpyglassEvent[] {
  const open = new Map<string, SpyglassEvent>()
  for (const event of stored) {
    if (isRaise(event)) open.set(event.incidentId, event)
    if (event.phase === 'clear') open.delete(event.incidentId)
  }
  return [...open.values()]
}

function incidentOf(alert: SpyglassEvent, raise: SpyglassEvent | undefined, now: number): Incident {
  const { incidentId: id, resource, message, time, attributes } = alert
  const rule = String(attributes['rule'] ?? '')
  const severity = (attributes['severity'] ?? alert.severity) as Incident['severity']
  return {
    id,
    rule,
    resource,
    severity,
    state: 'firing',
    summary: message.replace(`${rule} pages: `, ''),
    since: raise?.time ?? time,
    heardAt: now,
    dueAt: time,
    firedAt: time,
    pagedAt: time,
    open: [id],
    settleMs: 0,
    announced: 'firing',
    holders: [alert.holders, raise?.holders].find((holders) => holders !== undefined && holders.length > 0) ?? [],
    changes: [],
    attributes: raise?.attributes ?? {},
    ...(raise ? {} : { observed: true }),
  }
}

function eventOf(row: Row): SpyglassEvent {
  const name = textOf(row['name']) as EventName
  const declared = Object.hasOwn(events, name) ? events[name] : ({ phase: 'note', severity: 'info' } as const)
  return {
    name,
    incidentId: textOf(row['incidentId']),
    phase: declared.phase,
    severity: (textOf(row['severity']) || declared.severity) as SpyglassEvent['severity'],
    resource: textOf(row['resource']),
    time: numberOf(row['time']),
    message: textOf(row['message']),
    attributes: (row['attributes'] ?? {}) as SpyglassEvent['attributes'],
    holders: holdersOf(textOf(row['holders'])),
  }
}

function holdersOf(text: string): readonly Holder[] {
  try {
    const holders: unknown = JSON.parse(text)
    return Array.isArray(holders) ? (holders as Holder[]) : []
  } catch {
    return [] // the event had none
  }
}
