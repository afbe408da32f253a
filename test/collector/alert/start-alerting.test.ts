import { mkdirSync } from 'node:fs'
import { dataFolder, ensureSecrets, SpyglassConfig, type ReceiverConfig } from '@spyglass/process/config'
import { type SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { startAlerting } from '../../../collector/src/alert/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { startReceiver } from '../notify/receiver.ts'
import { down, eventOf, exhausted, holder, recovered, up } from './incidents.ts'

/** Nothing listens on port 9: neither store nor management is there, and alerting works. */
async function bench(receivers: readonly ReceiverConfig[], alerting: object = {}, root = tempFolder()) {
  const config = SpyglassConfig.parse({ data: root, store: { port: 9 }, management: { port: 9 }, alerting: { receivers, ...alerting } })
  const folder = dataFolder(root)
  mkdirSync(folder.state, { recursive: true })
  const registry = createRegistry({ kindNamed })
  const emitted: SpyglassEvent[] = []
  registry.onEvent((event) => emitted.push(event))
  const logger = createLogger({ process: 'test', level: 'silent' })
  const parts = await startAlerting({ config, secrets: ensureSecrets(folder.secrets), folder, registry, logger })
  return { alerting: parts, registry, emitted, root, config }
}

test('an exhausted pool pages its holders, is an MBean while it fires, and resolves with the same incident id', async () => {
  await using receiver = await startReceiver()
  const { alerting, registry, emitted } = await bench([receiver.config])
  alerting.onEvent(exhausted('00112233aabbccdd'))
  const [page] = await receiver.got(1)
  expect(page).toMatchObject({ status: 'firing', incidentId: '00112233aabbccdd', rule: 'PoolExhausted' })
  expect(page?.holders[0]).toMatchObject({
    location: 'src/leak.js:12',
    stack: holder.stack,
    link: expect.stringContaining(`#/trace/${holder.traceId}`),
  })
  expect(registry.find('spyglass:type=Alert,rule=PoolExhausted,incident=00112233aabbccdd')?.read('state')).toBe('firing')
  expect(alerting.firing).toBe(1)

  alerting.onEvent(recovered('00112233aabbccdd'))
  const pages = await receiver.got(2)
  expect(pages[1]).toMatchObject({ status: 'resolved', incidentId: '00112233aabbccdd', endsAt: expect.any(String) })
  expect(registry.find('spyglass:type=Alert,rule=PoolExhausted,incident=00112233aabbccdd')).toBeUndefined()
  await until(() => emitted.length === 4)
  const delivered = emitted.filter(({ name }) => name === 'spyglass.alert.delivered')
  expect(delivered.map(({ message }) => message)).toEqual(['pager has accepted the page: firing', 'pager has accepted the page: resolved'])
  expect(alerting.waiting('00112233aabbccdd')).toEqual([])
  const alerts = emitted.filter((event) => !delivered.includes(event))
  expect(alerts.map(({ name, incidentId }) => [name, incidentId])).toEqual([
    ['spyglass.alert.firing', '00112233aabbccdd'],
    ['spyglass.alert.resolved', '00112233aabbccdd'],
  ])
  await until(() => alerting.pagesSent === 2)
  await alerting.stop()
})

test('an instance pages after the time that is set, and one that heals before does not', async () => {
  await using receiver = await startReceiver()
  const { alerting } = await bench([receiver.config], { instanceDownAfterMs: 200 })
  alerting.onEvent(down('1'))
  alerting.onEvent(up('1'))
  alerting.onEvent(down('2'))
  const [page] = await receiver.got(1)
  expect(page).toMatchObject({ incidentId: '2', rule: 'InstanceDown' })
  await alerting.stop()
  expect(receiver.pages).toHaveLength(1)
})

test('while it fires a reminder is sent after the time that is set', async () => {
  await using receiver = await startReceiver()
  const { alerting } = await bench([receiver.config], { repeatAfterMs: 1000 })
  alerting.onEvent(exhausted('1'))
  const pages = await receiver.got(2)
  expect(pages.map(({ status }) => status)).toEqual(['firing', 'reminder'])
  await alerting.stop()
})

test('a page that could not be delivered is delivered by the next process, before its resolve', async () => {
  await using receiver = await startReceiver()
  receiver.answer = 503
  const first = await bench([receiver.config])
  first.alerting.onEvent(exhausted('1'))
  await until(() => first.alerting.pagesFailed === 1)
  await first.alerting.stop()
  receiver.answer = 200
  const second = await bench([receiver.config], {}, first.root)
  await receiver.got(1)
  second.alerting.onEvent(recovered('1'))
  const pages = await receiver.got(2)
  expect(pages.map(({ status, incidentId }) => `${incidentId} ${status}`)).toEqual(['1 firing', '1 resolved'])
  await second.alerting.stop()
})

test('acknowledgements and silences are known to the next process', async () => {
  await using receiver = await startReceiver()
  const first = await bench([receiver.config])
  first.alerting.onEvent(exhausted('1'))
  await receiver.got(1)
  first.alerting.carryOut('acknowledge', { incident: '1', by: 'mara', note: 'n' })
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  const id = first.alerting.carryOut('silence', { matchers: ['pool=shop'], endsAt, comment: 'c', actor: 'mara' })
  const second = await bench([receiver.config], {}, first.root) // the first was not stopped: as after kill -9
  expect(second.alerting.incidents()).toMatchObject([{ id: '1', acknowledged: { by: 'mara', note: 'n' } }])
  expect(second.alerting.silences()).toMatchObject([{ id, state: 'active', createdBy: 'mara' }])
  expect(second.registry.find('spyglass:type=Alert,rule=PoolExhausted,incident=1')?.read('silenced')).toBe(true)
  await Promise.all([first.alerting.stop(), second.alerting.stop()])
})

test('a server that is told to stop is told to people before this process ends', async () => {
  await using receiver = await startReceiver()
  const { alerting } = await bench([receiver.config])
  alerting.onEvent(eventOf('spyglass.server.stopping', 'spyglass:type=Server,name=spyglass'))
  await alerting.stop()
  expect(receiver.pages).toMatchObject([{ status: 'notice', rule: 'ServerStopping' }])
})

test('when another owns paging, alerts are evaluated and shown, and nobody is paged', async () => {
  await using receiver = await startReceiver()
  const { alerting, emitted } = await bench([receiver.config], { owner: 'grafana' })
  alerting.onEvent(exhausted('1'))
  await until(() => alerting.incidents()[0]?.announced === 'firing')
  await alerting.stop()
  expect(alerting.incidents()[0]?.state).toBe('firing')
  expect(receiver.pages).toEqual([])
  expect(emitted).toEqual([])
})

test('a receiver that is added while an alert fires is paged, and one that is removed is told nothing more', async () => {
  await using first = await startReceiver({ name: 'first' })
  await using second = await startReceiver({ name: 'second' })
  const { alerting, registry, config } = await bench([first.config])
  alerting.onEvent(exhausted('1'))
  await first.got(1)
  config.alerting.receivers.splice(0, 1, second.config)
  alerting.reconfigure()
  expect((await second.got(1)).map(({ status, summary }) => [status, summary.startsWith('Still firing')])).toEqual([['firing', true]])
  expect(registry.find('spyglass:type=Receiver,name=first')).toBeUndefined()
  expect(registry.find('spyglass:type=Receiver,name=second')).toBeDefined()
  alerting.onEvent(recovered('1'))
  expect((await second.got(2))[1]).toMatchObject({ status: 'resolved' })
  await alerting.stop()
  expect(first.pages).toHaveLength(1)
})

test('a window of maintenance that is added withholds what fires from then on, and what still fires when it is removed is paged', async () => {
  await using receiver = await startReceiver()
  const { alerting, config } = await bench([receiver.config])
  config.alerting.maintenance.push({ name: 'now', matchers: [], hours: ['00:00-24:00'] })
  alerting.reconfigure()
  alerting.onEvent(exhausted('1'))
  await until(() => alerting.incidents()[0]?.isWithheld === true)
  config.alerting.maintenance.splice(0)
  alerting.reconfigure()
  expect((await receiver.got(1))[0]).toMatchObject({ status: 'firing', incidentId: '1' })
  await alerting.stop()
})

test('in Chinese the page, the events about it and its Alertmanager annotations are Chinese, and the labels stay', async () => {
  await using receiver = await startReceiver()
  await using manager = await startReceiver({ name: 'am', type: 'alertmanager' })
  const { alerting, emitted } = await bench([receiver.config, manager.config], { language: 'zh' })
  alerting.onEvent(exhausted('1'))
  const [page] = await receiver.got(1)
  expect(page).toMatchObject({ language: 'zh', rule: 'PoolExhausted', severity: 'critical' })
  expect(page?.summary).toBe('http-1 的连接池 shop 已耗尽：GET /shop/leak（src/leak.js:12） 占用一个连接已达 14.2 秒')
  await until(() => manager.requests.length > 0)
  const [alert] = JSON.parse(manager.requests[0]?.body ?? '[]') as { labels: object; annotations: Record<string, string> }[]
  expect(alert?.labels).toMatchObject({ alertname: 'PoolExhausted', severity: 'critical', pool: 'shop' })
  expect(alert?.annotations['description']).toContain('连接 1 已占用 14.2 秒，请求 GET /shop/leak')
  expect(alert?.annotations['runbook_url']).toMatch(/\/runbooks\/pool-exhausted$/)
  await until(() => emitted.some(({ name }) => name === 'spyglass.alert.firing'))
  expect(emitted.find(({ name }) => name === 'spyglass.alert.firing')?.message).toMatch(/^连接池耗尽（PoolExhausted） 触发：/)
  await alerting.stop()
})
