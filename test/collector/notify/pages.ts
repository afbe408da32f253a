import type { Page } from '../../../collector/src/notify/index.ts'

/** A page with what a test does not care about filled in. */
export function pageFor(over: Partial<Page> = {}): Page {
  return {
    version: '1',
    status: 'firing',
    incidentId: '00112233aabbccdd',
    rule: 'PoolExhausted',
    severity: 'critical',
    summary: 'Pool shop of http-1 is exhausted',
    server: 'spyglass',
    resource: 'spyglass:type=Datasource,instance=http-1,name=shop',
    startsAt: new Date().toISOString(),
    holders: [],
    links: { console: 'http://127.0.0.1:8900/#/alerts', resource: 'http://127.0.0.1:8900/#/pools' },
    changes: [],
    attributes: {},
    ...over,
  }
}
