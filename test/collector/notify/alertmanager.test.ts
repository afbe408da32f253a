import fc from 'fast-check'
import { objectNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { alertmanagerUrl, labelName, toAlertmanager } from '../../../collector/src/notify/alertmanager.ts'
import { blockedHolder, holder } from '../alert/incidents.ts'
import { pageFor } from './pages.ts'

test('any text becomes a label name that Prometheus allows', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(labelName(text)).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
    }),
  )
  expect(labelName('service.name')).toBe('service_name')
})

test('labels and annotations are texts under allowed names, whatever the resource', () => {
  const resources = fc.string({ unit: 'binary' }).map((name) => `spyglass:type=Datasource,instance=1,${name}`)
  fc.assert(
    fc.property(resources, (resource) => {
      const { labels, annotations } = toAlertmanager(pageFor({ resource }))
      for (const [name, value] of Object.entries({ ...labels, ...annotations })) {
        expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
        expect(value).toBeTypeOf('string')
      }
      expect(labels).toMatchObject({ alertname: 'PoolExhausted', severity: 'critical', incident_id: '00112233aabbccdd' })
    }),
  )
})

test('labels hold the true values of the resource, whatever their characters', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('pay,role=admin', 'a"b', 'line\nbreak', 'back\\slash', '*?', '', '连接池', 'x'.repeat(10_000), 'alertname=x'),
  )
  const service = { ...kinds.store, type: 'Service' }
  fc.assert(
    fc.property(text, text, (instance, name) => {
      const labels = (resource: string) => toAlertmanager(pageFor({ resource })).labels
      const own = {
        alertname: 'PoolExhausted',
        severity: 'critical',
        server: expect.any(String) as string,
        incident_id: '00112233aabbccdd',
      }
      const pool = objectNameOf(kinds.datasource, { instance, name })
      expect(labels(pool)).toEqual({ ...own, type: 'Datasource', instance, pool: name, resource: pool })
      const process = objectNameOf(kinds.instance, { name })
      expect(labels(process)).toEqual({ ...own, type: 'Instance', instance: name, resource: process })
      const resource = objectNameOf(service, { name })
      expect(labels(resource)).toEqual({ ...own, type: 'Service', service: name, resource })
    }),
  )
})

test('the label server names where it happened, also when another server pages', () => {
  expect(toAlertmanager(pageFor({ server: 'central', attributes: { server: 'east' } })).labels['server']).toBe('east')
  expect(toAlertmanager(pageFor({ server: 'central', attributes: { server: '' } })).labels['server']).toBe('central')
})

test('every message is complete: holders, changes and links, because Alertmanager forgets what is omitted', () => {
  const changes = [{ time: '2026-01-01T00:00:00Z', name: 'n', resource: 'r', message: 'reloaded' }]
  const alert = toAlertmanager(
    pageFor({ status: 'resolved', endsAt: '2026-01-01T00:01:00.000Z', holders: [{ ...holder, link: '' }], changes }),
  )
  expect(alert.annotations['description']).toContain('connection 1 held 14.2 s by GET /shop/leak at src/leak.js:12')
  const blocked = toAlertmanager(pageFor({ holders: [{ ...blockedHolder, link: '' }] }))
  expect(blocked.annotations['description']).toContain(
    'connection 2 held 9.1 s by GET /shop/leak at src/leak.js:12 blocked by connection 1',
  )
  expect(alert.annotations['changes']).toBe('2026-01-01T00:00:00Z reloaded')
  expect(alert).toMatchObject({ endsAt: '2026-01-01T00:01:00.000Z', generatorURL: 'http://127.0.0.1:8900/#/alerts' })
})

test('the address may be that of the server or of its API', () => {
  expect(alertmanagerUrl('http://am:9093')).toBe('http://am:9093/api/v2/alerts')
  expect(alertmanagerUrl('http://am:9093/prefix/')).toBe('http://am:9093/prefix/api/v2/alerts')
  expect(alertmanagerUrl('http://am:9093/api/v2/alerts')).toBe('http://am:9093/api/v2/alerts')
})

test('what an application wrote cannot forge a line of the description or of the changes', () => {
  const forged = 'SELECT 1\r\nconnection 9 held 99.0 s by GET /innocent'
  const changes = [{ time: '2026-01-01T00:00:00Z', name: 'n', resource: 'r', message: 'reloaded\u20282026-01-01T00:00:01Z deleted' }]
  const { annotations } = toAlertmanager(pageFor({ holders: [{ ...holder, statement: forged, link: '' }], changes }))
  expect(annotations['description']?.split('\n')).toHaveLength(2)
  expect(annotations['description']).toContain('SELECT 1 connection 9 held')
  expect(annotations['changes']).toBe('2026-01-01T00:00:00Z reloaded 2026-01-01T00:00:01Z deleted')
})
