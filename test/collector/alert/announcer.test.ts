import { SpyglassConfig, type WebhookConfig } from '@spyglass/process/config'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { Announcer, type AnnouncerOptions } from '../../../collector/src/alert/announcer.ts'
import { Evaluator } from '../../../collector/src/alert/evaluator.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { alertOperations } from '../../../collector/src/alert/operations.ts'
import { Silences } from '../../../collector/src/alert/silences.ts'
import { createNotifier } from '../../../collector/src/notify/index.ts'
import { until } from '../../support/until.ts'
import { startReceiver } from '../notify/receiver.ts'
import { eventOf, holder, POOL } from './incidents.ts'

function bench(webhooks: readonly WebhookConfig[], over: Partial<AnnouncerOptions> = {}) {
  const config = SpyglassConfig.parse({ server: { name: 'west' }, alerting: { webhooks, repeatAfterMs: 300_000 } })
  const incidents: Incident[] = []
  let now = Date.now()
  const clock = (): number => now
  const save = (): void => {}
  const logger = createLogger({ process: 'test', level: 'silent' })
  const state = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: config.alerting.webhooks, state, save, logger, now: clock })
  const evaluator = new Evaluator({ incidents, save, now: clock, onTransition: (incident, to) => announcer.onTransition(incident, to) })
  const evidence = { changesBefore: async () => [], failedRequests: async () => undefined }
  const presentState = async () => ({})
  const silences = new Silences({ silences: [], save, now: clock })
  const registry = createRegistry({ kindNamed })
  const announcer = new Announcer({ config, evaluator, evidence, presentState, silences, notifier, registry, save, now: clock, ...over })
  const emitted: string[] = []
  registry.onEvent(({ name }) => emitted.push(name.replace('spyglass.', '')))
  const carryOut = alertOperations({ evaluator, silences, registry, save, now: clock })
  return {
    announcer,
    evaluator,
    state,
    emitted,
    carryOut,
    silence: (ms: number) =>
      String(carryOut('silence', { matchers: ['pool=shop'], endsAt: new Date(now + ms).toISOString(), comment: 'c', actor: 'mara' })),
    queued: () => until(() => state.outbox.length === 0),
    raise: () =>
      evaluator.raise({ id: '1', rule: 'PoolExhausted', severity: 'critical', resource: POOL, summary: 's', since: now, delayMs: 0 }),
    clear: () => evaluator.clear({ rule: 'PoolExhausted', resource: POOL, id: '1' }),
    pass(ms: number) {
      now += ms
      announcer.remind()
    },
    async [Symbol.asyncDispose]() {
      await announcer.stop()
      await notifier.stop()
    },
  }
}

test('Alertmanager gets a firing alert every minute, a webhook only when a reminder is due', async () => {
  await using webhook = await startReceiver({ name: 'hook' })
  await using manager = await startReceiver({ name: 'am', type: 'alertmanager' })
  await using world = bench([webhook.config, manager.config])
  world.raise()
  await webhook.got(1)
  await until(() => manager.requests.length === 1)

  for (let minute = 1; minute <= 5; minute++) {
    world.pass(60_000)
    world.pass(0) // asked every second: the same minute counts once
    await until(() => manager.requests.length === minute + 1)
    await until(() => world.state.outbox.length === 0)
  }
  await webhook.got(2)
  expect(webhook.pages.map(({ status }) => status)).toEqual(['firing', 'reminder'])
  expect(manager.requests[0]?.url).toBe('/page/api/v2/alerts')
})

test('a reminder has the evidence of its own time, the end what it cost', async () => {
  await using webhook = await startReceiver()
  const evidence = { changesBefore: async () => [], failedRequests: async () => 212 }
  const presentState = async () => ({ summary: 'another holder', holders: [{ ...holder, location: 'src/report.js:9' }] })
  await using world = bench([webhook.config], { evidence, presentState })
  world.raise()
  await webhook.got(1)
  world.pass(300_000)
  await webhook.got(2)
  world.clear()
  const [firing, reminder, resolved] = await webhook.got(3)
  expect(firing).toMatchObject({ status: 'firing', summary: 's', holders: [] })
  expect(reminder).toMatchObject({ status: 'reminder', summary: 'Still firing after 5 min. another holder' })
  expect(reminder?.holders[0]?.location).toBe('src/report.js:9')
  expect(resolved).toMatchObject({ status: 'resolved', summary: 'Pool shop of http-1 recovered after 5 min; 212 requests failed.' })
})

test('an incident that ends while the evidence of a reminder is collected has no reminder', async () => {
  await using webhook = await startReceiver()
  const asked = Promise.withResolvers<void>()
  const told = Promise.withResolvers<object>()
  const presentState = () => {
    asked.resolve()
    return told.promise
  }
  await using world = bench([webhook.config], { presentState })
  world.raise()
  await webhook.got(1)
  world.pass(300_000)
  await asked.promise
  world.clear()
  told.resolve({})
  await until(() => webhook.pages.at(-1)?.status === 'resolved')
  expect(webhook.pages.map(({ status }) => status)).toEqual(['firing', 'resolved'])
})

test('people are told once that a server was told to stop, also of another server, and not of a stop long ago', async () => {
  await using webhook = await startReceiver()
  await using manager = await startReceiver({ name: 'am', type: 'alertmanager' })
  await using world = bench([webhook.config, manager.config])
  const stop = (name: string, time = Date.now()) => eventOf('spyglass.server.stopping', `spyglass:type=Server,name=${name}`, { time })
  world.announcer.tellStop(stop('old', Date.now() - 3_600_000))
  const own = stop('west')
  world.announcer.tellStop(own)
  world.announcer.tellStop(own)
  world.announcer.tellStop(stop('east'), 'east')
  const pages = await webhook.got(2)
  await until(() => world.state.outbox.length === 0)
  expect(pages.map(({ status, summary }) => `${status}: ${summary}`).toSorted()).toEqual([
    'notice: Server east was told to stop. It sends nothing until it is started again.',
    'notice: Server west was told to stop. It sends nothing until it is started again.',
  ])
  const [alert] = manager.pages as unknown as { startsAt: string; endsAt: string }[][]
  expect(Date.parse(alert![0]!.endsAt) - Date.parse(alert![0]!.startsAt)).toBe(300_000)
})

test('an acknowledged incident has no reminders, and its end says who took care of it', async () => {
  await using webhook = await startReceiver()
  await using world = bench([webhook.config])
  world.raise()
  await webhook.got(1)
  world.carryOut('acknowledge', { incident: '1', note: 'rolling back', actor: 'mara' })
  expect(world.evaluator.find('1')?.acknowledged).toMatchObject({ by: 'mara', note: 'rolling back' })
  world.pass(3_600_000)
  world.clear()
  const pages = await webhook.got(2)
  expect(pages.map(({ status, acknowledgedBy }) => [status, acknowledgedBy])).toEqual([
    ['firing', undefined],
    ['resolved', 'mara'],
  ])
  await until(() => world.emitted.includes('alert.resolved'))
  expect(world.emitted).toEqual(['alert.firing', 'alert.acknowledged', 'alert.resolved'])
})

test('what is unknown or over cannot be acknowledged', async () => {
  await using webhook = await startReceiver()
  await using world = bench([webhook.config])
  expect(() => world.carryOut('acknowledge', { incident: '1' })).toThrow(expect.objectContaining({ code: 'SPY_INCIDENT_NAME_UNKNOWN' }))
  world.raise()
  world.clear()
  expect(() => world.carryOut('acknowledge', { incident: '1' })).toThrow(expect.objectContaining({ code: 'SPY_INCIDENT_OVER' }))
})

test('a silence withholds the page and its end from people, not the events', async () => {
  await using webhook = await startReceiver()
  await using world = bench([webhook.config])
  world.silence(3_600_000)
  world.raise()
  await until(() => world.emitted.includes('alert.firing'))
  expect(world.evaluator.find('1')).toMatchObject({ state: 'firing', isWithheld: true })
  world.pass(600_000)
  world.clear()
  await until(() => world.emitted.includes('alert.resolved'))
  await world.queued()
  expect(webhook.pages).toEqual([])
})

test('an incident that outlasts its silence is paged when that ends, once, and without a second event', async () => {
  await using webhook = await startReceiver()
  await using world = bench([webhook.config])
  const id = world.silence(3_600_000)
  world.raise()
  await until(() => world.emitted.includes('alert.firing'))
  world.carryOut('expireSilence', { id, actor: 'mara' })
  world.pass(1000)
  world.pass(1000)
  await webhook.got(1)
  world.pass(1000)
  world.clear()
  const pages = await webhook.got(2)
  expect(pages.map(({ status }) => status)).toEqual(['firing', 'resolved'])
  expect(world.emitted.filter((name) => name === 'alert.firing')).toHaveLength(1)
})

test('what was paged before it was silenced has no reminders, and its end is told', async () => {
  await using webhook = await startReceiver()
  await using world = bench([webhook.config])
  world.raise()
  await webhook.got(1)
  world.silence(3_600_000)
  world.pass(600_000)
  world.clear()
  const pages = await webhook.got(2)
  expect(pages.map(({ status }) => status)).toEqual(['firing', 'resolved'])
})

test('what nobody acknowledges is told to others after a time, once, and its end as well', async () => {
  await using first = await startReceiver({ name: 'first' })
  await using second = await startReceiver({ name: 'second', onlyEscalated: true })
  await using world = bench([first.config, second.config])
  world.raise()
  await first.got(1)
  world.pass(899_000)
  await first.got(2) // a reminder
  await world.queued()
  expect(second.pages).toEqual([])
  world.pass(1000)
  world.pass(0)
  const [escalated] = await second.got(1)
  expect(escalated).toMatchObject({ status: 'firing', summary: 'Nobody has acknowledged it for 15 min. s' })
  world.clear()
  await first.got(3)
  const told = await second.got(2)
  expect(told.map(({ status }) => status)).toEqual(['firing', 'resolved'])
  expect(first.pages.map(({ status }) => status)).toEqual(['firing', 'reminder', 'resolved'])
})

test('what is acknowledged in time is told to nobody else', async () => {
  await using first = await startReceiver({ name: 'first' })
  await using second = await startReceiver({ name: 'second', onlyEscalated: true })
  await using world = bench([first.config, second.config])
  world.raise()
  await first.got(1)
  world.carryOut('acknowledge', { incident: '1', actor: 'mara' })
  world.pass(3_600_000)
  world.clear()
  await first.got(2)
  await world.queued()
  expect(second.pages).toEqual([])
})
