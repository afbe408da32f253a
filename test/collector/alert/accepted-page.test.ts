import type { SpyglassEvent } from '@spyglass/agent/contract'
import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { tellAccepted, waitingFor } from '../../../collector/src/alert/accepted-page.ts'
import type { OutboxEntry } from '../../../collector/src/notify/index.ts'
import { POOL } from './incidents.ts'

const entry = (receiver: string, status: string, over: Partial<OutboxEntry> = {}): OutboxEntry => ({
  sequence: 1,
  receiver,
  page: { status, incidentId: '1', rule: 'PoolExhausted', resource: POOL } as OutboxEntry['page'],
  attempts: 0,
  nextAttemptAt: 7,
  ...over,
})

test('an accepted page is an event of its incident; what Alertmanager is told every minute, and a notice, are none', () => {
  const registry = createRegistry({ kindNamed })
  const events: SpyglassEvent[] = []
  registry.onEvent((event) => events.push(event))
  const tell = tellAccepted(
    () => [
      { name: 'hook', type: 'webhook' },
      { name: 'am', type: 'alertmanager' },
    ],
    registry,
  )
  tell(entry('hook', 'firing', { attempts: 2 }))
  tell(entry('hook', 'reminder'))
  tell(entry('am', 'firing'))
  tell(entry('am', 'reminder'))
  tell(entry('hook', 'notice'))
  expect(events.map(({ incidentId, message }) => `${incidentId}: ${message}`)).toEqual([
    '1: hook has accepted the page: firing, at attempt 3',
    '1: hook has accepted the page: reminder',
    '1: am has accepted the page: firing',
  ])
})

test('pages that wait are those of the incident', () => {
  const other = entry('hook', 'firing', { page: { incidentId: '2' } as OutboxEntry['page'] })
  expect(waitingFor('1', [other, entry('hook', 'firing', { attempts: 3 })])).toEqual([
    { receiver: 'hook', status: 'firing', attempts: 3, nextAttemptAt: 7 },
  ])
})
