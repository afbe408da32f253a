/** Shows the open incidents of the journal as managed resources. */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import { kinds } from '@spyglass/mbeans/kinds'
import type { EventJournal } from './journal/event-journal.ts'
import type { JournalEntry } from './journal/journal-state.ts'

/** An alert about an incident has the same id: the first raise is the one that is shown, until none of this id is open. */
export function showIncidents(registry: Registry, journal: Pick<EventJournal, 'open' | 'onEntry'>): void {
  const shown = new Map<string, () => void>()

  function show({ source, event }: JournalEntry): void {
    if (!shown.has(event.incidentId))
      shown.set(event.incidentId, registry.register(kinds.incident, { id: event.incidentId }, getters(source, event)))
  }

  /** Also what the journal has given up because too many are open. */
  function hideWhatIsOver(): void {
    const open = new Set(journal.open.map(({ event }) => event.incidentId))
    for (const [id, hide] of shown) {
      if (open.has(id)) continue
      hide()
      shown.delete(id)
    }
  }

  for (const entry of journal.open) show(entry)
  journal.onEntry((entry) => {
    if (entry.event.phase === 'raise') show(entry)
    if (entry.event.phase !== 'note') hideWhatIsOver()
  })
}

const getters = (source: string, { name, incidentId, severity, resource, time, message }: SpyglassEvent) => ({
  id: () => incidentId,
  event: () => name,
  severity: () => severity,
  resource: () => resource,
  source: () => source,
  since: () => time,
  message: () => message,
})
