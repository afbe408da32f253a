/** Events as a keeper and its pools send them. */
import { type EventName, events, type Holder, incidentId, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Incident } from '../../../collector/src/alert/incident.ts'

export const INSTANCE = 'spyglass:type=Instance,name=http-1'
export const POOL = 'spyglass:type=Datasource,instance=http-1,name=shop'

export const holder: Holder = {
  connection: 1,
  heldMs: 14_200,
  route: 'GET /shop/leak',
  traceId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
  statement: 'SELECT id FROM carts WHERE open = ?',
  location: 'src/leak.js:12',
  leaked: true,
  stack: ['borrow (src/leak.js:12:20)', 'handler (src/routes.js:31:5)'],
}

/** Who waits for that one, as its database says. */
export const blockedHolder: Holder = {
  ...holder,
  connection: 2,
  heldMs: 9100,
  leaked: false,
  session: {
    id: 4712,
    state: 'active',
    stateMs: 9000,
    waitsFor: 'Lock: transactionid',
    blockers: [
      { id: 4711, connection: 1, who: 'shop, clerk', state: 'idle in transaction', stateMs: 14_000, statement: 'UPDATE carts SET n = ?' },
    ],
  },
}

export function eventOf(name: EventName, resource: string, over: Partial<SpyglassEvent> = {}): SpyglassEvent {
  const { phase, severity } = events[name]
  const time = over.time ?? Date.now()
  return {
    name,
    incidentId: incidentId(name, resource, time),
    phase,
    severity,
    resource,
    time,
    message: `${name} happened`,
    attributes: {},
    ...over,
  }
}

export const down = (id: string, over: Partial<SpyglassEvent> = {}): SpyglassEvent =>
  eventOf('spyglass.instance.down', INSTANCE, { incidentId: id, ...over })
export const up = (id: string, over: Partial<SpyglassEvent> = {}): SpyglassEvent =>
  eventOf('spyglass.instance.up', INSTANCE, { incidentId: id, ...over })
export const exhausted = (id: string, over: Partial<SpyglassEvent> = {}): SpyglassEvent =>
  eventOf('spyglass.pool.exhausted', POOL, { incidentId: id, holders: [holder], ...over })
export const recovered = (id: string, over: Partial<SpyglassEvent> = {}): SpyglassEvent =>
  eventOf('spyglass.pool.recovered', POOL, { incidentId: id, ...over })

/** An incident that fires, with what a test does not care about filled in. */
export const incidentOf = (over: Partial<Incident> = {}): Incident => ({
  id: '1',
  rule: 'PoolExhausted',
  severity: 'critical',
  resource: POOL,
  state: 'firing',
  summary: 's',
  since: 0,
  heardAt: 0,
  dueAt: 0,
  open: ['1'],
  settleMs: 0,
  announced: 'nothing',
  holders: [],
  changes: [],
  attributes: {},
  ...over,
})
