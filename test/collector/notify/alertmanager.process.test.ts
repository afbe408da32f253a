import { objectNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { alertmanagerUrl, toAlertmanager } from '../../../collector/src/notify/alertmanager.ts'
import { createNotifier } from '../../../collector/src/notify/index.ts'
import { startAlertmanager } from '../../support/alertmanager.ts'
import { requireTool } from '../../support/require-tool.ts'
import { until } from '../../support/until.ts'
import { holder } from '../alert/incidents.ts'
import { pageFor } from './pages.ts'
import { receiverConfig } from './receiver.ts'

test('Alertmanager takes a page, shows its evidence, and forgets it when it resolves', async (context) => {
  const program = requireTool(context, 'prometheus-alertmanager')
  await using manager = await startAlertmanager(program)
  const receiver = receiverConfig({ name: 'am', type: 'alertmanager', url: manager.url })
  const state = { sequence: 0, outbox: [] }
  const notifier = createNotifier({
    receivers: [receiver],
    state,
    save: () => {},
    logger: createLogger({ process: 'test', level: 'silent' }),
  })
  const startsAt = new Date(Date.now() - 5000).toISOString()
  notifier.enqueue(
    pageFor({ startsAt, holders: [{ ...holder, link: '' }], resource: 'spyglass:type=Datasource,instance=http-1,name="a,b"' }),
  )
  notifier.wake()
  const [alert] = await until(async () => {
    const alerts = await manager.alerts()
    return alerts.length > 0 && alerts
  })
  expect(alert?.labels).toMatchObject({ alertname: 'PoolExhausted', instance: 'http-1', incident_id: '00112233aabbccdd' })
  expect(alert?.annotations['description']).toContain('src/leak.js:12')

  notifier.enqueue(
    pageFor({
      status: 'resolved',
      startsAt,
      endsAt: new Date(Date.now() - 1000).toISOString(),
      resource: 'spyglass:type=Datasource,instance=http-1,name="a,b"',
    }),
  )
  notifier.wake()
  await until(async () => (await manager.alerts()).length === 0)
  expect([notifier.sent, notifier.failed]).toEqual([2, 0])
  await notifier.stop()
})

test('Alertmanager shows the true name of a service, an instance and a pool, whatever its characters', async (context) => {
  const program = requireTool(context, 'prometheus-alertmanager')
  await using manager = await startAlertmanager(program)
  const names = ['pay,role=admin', 'a"b\\c', 'line\nbreak', '连接池 ünï', 'x'.repeat(5000), '{}=~[]']
  const service = { ...kinds.store, type: 'Service' }
  const alerts = names.flatMap((name) => [
    { resource: objectNameOf(service, { name }), labels: { service: name } },
    { resource: objectNameOf(kinds.datasource, { instance: name, name }), labels: { instance: name, pool: name } },
  ])
  const startsAt = new Date(Date.now() - 5000).toISOString()
  const response = await fetch(alertmanagerUrl(manager.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts.map(({ resource }) => toAlertmanager(pageFor({ startsAt, resource })))),
  })
  expect([response.status, await response.text()]).toEqual([200, ''])
  const shown = await until(async () => {
    const found = await manager.alerts()
    return found.length === alerts.length && found
  })
  for (const { resource, labels } of alerts) {
    const alert = shown.find((each) => each.labels['resource'] === resource)
    expect(alert?.labels).toMatchObject(labels)
    expect(Object.keys(alert?.labels ?? {})).not.toContain('role')
  }
})

test('Alertmanager shows annotations as they were sent: nothing in them is a template, a label or markup', async (context) => {
  const program = requireTool(context, 'prometheus-alertmanager')
  await using manager = await startAlertmanager(program)
  const texts = [
    '{{ .Labels.alertname }}',
    '", "role": "admin',
    '<script>alert(1)</script>',
    'a\\nb',
    '连接池 ünï \ud83d',
    'x'.repeat(100_000),
  ]
  const resources = texts.map((_, i) => objectNameOf(kinds.datasource, { instance: 'http-1', name: `pool-${i}` }))
  const startsAt = new Date(Date.now() - 5000).toISOString()
  const sent = texts.map((text, i) =>
    toAlertmanager(
      pageFor({ startsAt, resource: resources[i]!, summary: text, holders: [{ ...holder, statement: text, route: text, link: '' }] }),
    ),
  )
  const response = await fetch(alertmanagerUrl(manager.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(sent),
  })
  expect([response.status, await response.text()]).toEqual([200, ''])
  const shown = await until(async () => {
    const found = await manager.alerts()
    return found.length === texts.length && found
  })
  for (const { labels, annotations } of sent) {
    const alert = shown.find((each) => each.labels['resource'] === labels['resource'])
    expect(alert?.labels).toEqual(labels)
    expect(alert?.annotations).toEqual(JSON.parse(JSON.stringify(annotations).replaceAll('\\ud83d', '\ufffd')))
  }
})
