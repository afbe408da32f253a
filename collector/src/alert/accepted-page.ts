/** What becomes of pages, for the timeline of their incident: an event says that a receiver has accepted one. */
import type { ReceiverConfig } from '@spyglass/process/config'
import type { Registry } from '@spyglass/agent/registry'
import type { OutboxEntry } from '../notify/index.ts'
import { wordsOf } from '../words/index.ts'

/** A page that a receiver has not accepted yet. */
export interface WaitingPage {
  readonly receiver: string
  readonly status: OutboxEntry['page']['status']
  readonly attempts: number
  /** Milliseconds since the epoch. */
  readonly nextAttemptAt: number
}

/** Alertmanager is told the same every minute, which nobody wants to read; a notice is about no incident. */
export function tellAccepted(
  receivers: () => readonly Pick<ReceiverConfig, 'name' | 'type'>[],
  registry: Registry,
): (entry: OutboxEntry) => void {
  const isAlertmanager = (receiver: string): boolean => receivers().some(({ name, type }) => name === receiver && type === 'alertmanager')
  return ({ receiver, page, attempts }) => {
    const { status, incidentId, resource, rule } = page
    if ((status !== 'firing' && status !== 'resolved' && status !== 'reminder') || (status === 'reminder' && isAlertmanager(receiver)))
      return
    registry.emit({
      name: 'spyglass.alert.delivered',
      resource,
      incidentId,
      message: wordsOf(page.language).accepted(receiver, status, attempts + 1),
      attributes: { rule, receiver, status },
    })
  }
}

export const waitingFor = (incident: string, outbox: readonly OutboxEntry[]): readonly WaitingPage[] =>
  outbox
    .filter(({ page }) => page.incidentId === incident)
    .map(({ receiver, page, attempts, nextAttemptAt }) => ({ receiver, status: page.status, attempts, nextAttemptAt }))
