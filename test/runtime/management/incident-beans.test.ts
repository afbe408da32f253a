import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { showIncidents } from '../../../runtime/src/management/incident-beans.ts'
import { EventJournal } from '../../../runtime/src/management/journal/event-journal.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { eventOf } from './journal/events.ts'

test('an incident is a managed resource until nothing of its id is open, also in the next process', async () => {
  const folder = tempFolder()
  const first = new EventJournal({ folder })
  const raised = eventOf('raise', 1)
  const alert = { ...raised, name: 'spyglass.alert.firing' } as const
  first.take(raised, { source: 'shop-1' })
  await first.close()
  const journal = new EventJournal({ folder })
  const registry = createRegistry({ kindNamed })
  showIncidents(registry, journal)
  const name = `spyglass:type=Incident,id=${raised.incidentId}`
  const shown = () => registry.find(name)
  expect(['event', 'source', 'since', 'message'].map((attribute) => shown()?.read(attribute))).toEqual([
    'spyglass.pool.exhausted',
    'shop-1',
    1,
    'raise 1',
  ])
  const take = (event: typeof raised): Promise<void> => new Promise((resolve) => journal.take(event, { source: 'shop-1' }, resolve))
  await take(alert)
  await take(eventOf('clear', 1))
  expect(shown()?.read('event')).toBe('spyglass.pool.exhausted')
  await take({ ...eventOf('clear', 1), name: 'spyglass.alert.resolved' })
  expect(shown()).toBeUndefined()
  await take(eventOf('raise', 2))
  expect([...registry.beans()].filter(({ kind }) => kind.name === 'incident')).toHaveLength(1)
  await journal.close()
})

test('what the journal has given up because too many incidents are open is no managed resource', async () => {
  const journal = new EventJournal({ folder: tempFolder() })
  const registry = createRegistry({ kindNamed })
  showIncidents(registry, journal)
  const take = (number: number): Promise<void> => new Promise((resolve) => journal.take(eventOf('raise', number), { source: 'x' }, resolve))
  await Promise.all(Array.from({ length: 1005 }, (_, number) => take(number)))
  expect([...registry.beans()].filter(({ kind }) => kind.name === 'incident')).toHaveLength(1000)
  await journal.close()
})
