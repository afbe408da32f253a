import { SpyglassConfig } from '@spyglass/process/config'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { Announcer } from '../../../collector/src/alert/announcer.ts'
import { Evaluator } from '../../../collector/src/alert/evaluator.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { createNotifier } from '../../../collector/src/notify/index.ts'
import { until } from '../../support/until.ts'
import { startReceiver } from '../notify/receiver.ts'
import { POOL } from './incidents.ts'

test('Alertmanager gets a firing alert every minute, a webhook only when a reminder is due', async () => {
  await using webhook = await startReceiver({ name: 'hook' })
  await using manager = await startReceiver({ name: 'am', type: 'alertmanager' })
  const config = SpyglassConfig.parse({ alerting: { webhooks: [webhook.config, manager.config], repeatAfterMs: 300_000 } })
  const incidents: Incident[] = []
  let now = Date.now()
  const clock = (): number => now
  const save = (): void => {}
  const logger = createLogger({ process: 'test', level: 'silent' })
  const state = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: config.alerting.webhooks, state, save, logger, now: clock })
  const evaluator = new Evaluator({ incidents, save, now: clock, onTransition: (incident, to) => announcer.onTransition(incident, to) })
  const evidence = { changesBefore: async () => [] }
  const registry = createRegistry({ kindNamed })
  const announcer = new Announcer({ config, evaluator, evidence, notifier, registry, save, now: clock })
  evaluator.raise({ id: '1', rule: 'PoolExhausted', severity: 'critical', resource: POOL, summary: 's', since: now, delayMs: 0 })
  await webhook.got(1)
  await until(() => manager.requests.length === 1)

  for (let minute = 1; minute <= 5; minute++) {
    now += 60_000
    announcer.remind()
    announcer.remind() // asked every second: the same minute counts once
    await until(() => manager.requests.length === minute + 1)
    await until(() => state.outbox.length === 0)
  }
  await webhook.got(2)
  expect(webhook.pages.map(({ status }) => status)).toEqual(['firing', 'reminder'])
  expect(manager.requests[0]?.url).toBe('/page/api/v2/alerts')
  await announcer.stop()
  await notifier.stop()
})
