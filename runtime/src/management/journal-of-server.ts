/** Opens the journal of the server's events and what reads it: the log, the collector, the open incidents. */
import { type EventSeverity, type SpyglassEvent } from '@spyglass/agent/contract'
import { join } from 'node:path'
import { kinds } from '@spyglass/mbeans/kinds'
import type { EventFeed } from '@spyglass/mbeans/jolokia'
import type { OwnProcess } from '@spyglass/process/own-process'
import { showIncidents } from './incident-beans.ts'
import { EventJournal } from './journal/event-journal.ts'
import type { JournalEntry } from './journal/journal-state.ts'
import { damagedCursor, openCursor } from './subscriber/cursor-file.ts'
import { EventSender } from './subscriber/event-sender.ts'
import { otlpPost } from './subscriber/otlp-post.ts'

const LEVELS = { info: 'info', warning: 'warn', critical: 'error' } as const satisfies Record<EventSeverity, string>

/** What is lost with a damaged part. */
const damagedJournal = { fromPrevious: '', lost: 'the events in that part are not told to those who have not heard them yet' }

/** `name`: the process that owns it. Its own events go into it as well. */
export function openServerJournal({ folder, registry, logger, onDamage }: OwnProcess, name: string): EventJournal {
  const journal = new EventJournal({
    folder: folder.journal,
    onDamage: onDamage(damagedJournal),
    onFailure: (err) => logger.error({ err }, 'the journal of events cannot be written; retrying'),
  })
  registry.onEvent((event) => journal.take(event, { source: name }))
  journal.onEntry((entry) => logEvent(logger, entry))
  showIncidents(registry, journal)
  return journal
}

function logEvent(logger: OwnProcess['logger'], { event: { name, severity, incidentId, resource, message } }: JournalEntry): void {
  logger[LEVELS[severity]]({ component: 'events', event: name, incidentId, resource }, message)
}

/** Sends the events to the collector, which stores them and judges them by the alert rules. */
export function sendToCollector(own: OwnProcess, journal: EventJournal, name: string): EventSender {
  const { folder, registry, logger, onDamage } = own
  const sender = new EventSender({
    journal,
    cursor: openCursor({ file: join(folder.state, 'events-collector.json'), onDamage: onDamage(damagedCursor), newest: journal.newest }),
    post: otlpPost(own, name),
    onRefused: ({ event }, status) =>
      logger.warn({ event: event.name, incidentId: event.incidentId, status }, 'the collector refused an event'),
  })
  registry.register(
    kinds.eventOutput,
    { name: 'collector' },
    {
      name: () => 'collector',
      isComplete: () => sender.isDone,
      lastSuccess: () => sender.delivery.lastSuccess,
      failingSince: () => sender.delivery.failingSince,
      problem: () => sender.delivery.problem,
    },
  )
  return sender
}

/** The journal as the MBean endpoint reads it: a stream continues where its client was, over restarts of either side. */
export const feedOf = (journal: EventJournal): EventFeed => ({
  onEvent: (listener: (event: SpyglassEvent, position: number) => void) =>
    journal.onEntry(({ event, position }) => listener(event, position)),
  after: (position, limit) => journal.after(position, limit),
  newest: () => journal.newest,
})
