import { SpyglassConfig, type ReceiverConfig } from '@spyglass/process/config'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { Announcer, type AnnouncerOptions } from '../../../collector/src/alert/announcer.ts'
import { Evaluator } from '../../../collector/src/alert/evaluator.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { alertOperations } from '../../../collector/src/alert/operations.ts'
import { Silences } from '../../../collector/src/alert/silences.ts'
import { english } from '../../../collector/src/words/index.ts'
import { createNotifier } from '../../../collector/src/notify/index.ts'
import { until } from '../../support/until.ts'
import { startReceiver } from '../notify/receiver.ts'
import { eventOf, holder, POOL } from './incidents.ts'

function bench(receivers: readonly ReceiverConfig[], over: Partial<AnnouncerOptions> = {}, start = Date.now(), alerting: object = {}) {
  const config = SpyglassConfig.parse({ server: { name: 'west' }, alerting: { receivers, repeatAfterMs: 300_000, ...alerting } })
  const incidents: Incident[] = []
  let now = start
  const clock = (): number => now
  const save = (): void => {}
  const logger = createLogger({ process: 'test', level: 'silent' })
  const state = { sequence: 0, outbox: [] }
  const notifier = createNotifier({ receivers: config.alerting.receivers, state, save, logger, now: clock })
  const evaluator = new Evaluator({ incidents, save, now: clock, onTransition: (incident, to) => announcer.onTransition(incident, to) })
  const evidence = { changesBefore: async () => [], failedRequests: async () => undefined, ofService: async () => ({}) }
  const presentState = async () => ({})
  const silences = new Silences({ silences: [], save, now: clock })
  const registry = createRegistry({ kindNamed })
  const announcer = new Announcer({
    config,
    evaluator,
    evidence,
    presentState,
    silences,
    notifier,
    registry,
    save,
    groupWaitMs: 0,
    now: clock,
    ...over,
  })
  const emitted: string[] = []
  registry.onEvent(({ name }) => emitted.push(name.replace('spyglass.', '')))
  const carryOut = alertOperations({ evaluator, silences, registry, tryReceiver: async () => {}, save, words: english, now: clock })
  return {
    announcer,
    evaluator,
    state,
    emitted,
    registry,
    carryOut,
    silence: (ms: number) =>
      String(carryOut('silence', { matchers: ['pool=shop'], endsAt: new Date(now + ms).toISOString(), comment: 'c', actor: 'mara' })),
    queued: () => until(() => state.outbox.length === 0),
    raiseAt: (id: string, resource: string, rule = 'InstanceDown') =>
      evaluator.raise({ id, rule, severity: 'critical', resource, summary: `${id} is down`, since: now, delayMs: 0 }),
    clearAt: (resource: string, rule = 'InstanceDown') => evaluator.clear({ rule, resource }),
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
  const evidence = { changesBefore: async () => [], failedRequests: async () => 212, ofService: async () => ({}) }
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

test('a note is an event of its incident, also after the end; one that says nothing or is about nothing is refused', async () => {
  await using webhook = await startReceiver()
  await using world = bench([webhook.config])
  world.raise()
  world.clear()
  world.carryOut('note', { incident: '1', note: ' it was the export ', actor: 'mara' })
  expect(world.emitted).toContain('alert.noted')
  const refused = (code: string) => expect.objectContaining({ code })
  expect(() => world.carryOut('note', { incident: '1', note: ' ', actor: 'mara' })).toThrow(refused('SPY_INCIDENT_NOTE_INVALID'))
  expect(() => world.carryOut('note', { incident: '2', note: 'n' })).toThrow(refused('SPY_INCIDENT_NAME_UNKNOWN'))
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

test('who is on duty later is paged when the hours begin, once, and told the end', async () => {
  await using night = await startReceiver({ name: 'night' })
  await using day = await startReceiver({ name: 'day', hours: ['08:00-18:00'], timeZone: 'UTC' })
  await using world = bench([night.config, day.config], {}, Date.UTC(2030, 0, 1, 7))
  world.raise()
  await night.got(1)
  world.pass(3_500_000)
  await night.got(2) // a reminder
  await world.queued()
  expect(day.pages).toEqual([])
  world.pass(100_000)
  world.pass(1000)
  const [late] = await day.got(1)
  expect(late).toMatchObject({ status: 'firing', summary: 'Still firing after 60 min. s' })
  world.clear()
  const told = await day.got(2)
  expect(told.map(({ status }) => status)).toEqual(['firing', 'resolved'])
  await night.got(3)
  expect(night.pages.map(({ status }) => status)).toEqual(['firing', 'reminder', 'resolved'])
})

const instance = (number: number): string => `spyglass:type=Instance,name=shop-${number}`

test('what fails together is one page under one id, and its end is told when the last of it has ended; Alertmanager has each', async () => {
  await using people = await startReceiver({ name: 'people' })
  await using manager = await startReceiver({ name: 'am', type: 'alertmanager' })
  await using world = bench([people.config, manager.config], { groupWaitMs: 50 })
  for (const number of [1, 2, 3, 4]) world.raiseAt(`i${number}`, instance(number))
  const [page] = await people.got(1)
  expect(page).toMatchObject({ incidentId: 'i1', summary: 'i1 is down (and 3 more: Instance shop-2, Instance shop-3, Instance shop-4)' })
  await until(() => manager.pages.length === 4)
  await until(() => world.emitted.filter((name) => name === 'alert.firing').length === 4) // events are each of their own
  world.raiseAt('i5', instance(5))
  await until(() => world.emitted.filter((name) => name === 'alert.firing').length === 5)
  world.pass(29_000)
  world.pass(2000) // more of it is told, but not each by itself
  const [, news] = await people.got(2)
  expect(news).toMatchObject({ status: 'reminder', incidentId: 'i1', summary: expect.stringContaining('(and 4 more') as string })
  for (const number of [1, 3, 5, 4]) world.clearAt(instance(number))
  await until(() => world.emitted.filter((name) => name === 'alert.resolved').length === 4)
  await world.queued()
  expect(people.pages).toHaveLength(2)
  world.clearAt(instance(2))
  const [, , end] = await people.got(3)
  expect(end).toMatchObject({ status: 'resolved', incidentId: 'i1' })
  await world.queued()
  expect(people.pages).toHaveLength(3)
})

test('an instance that is down explains what fails in it; what outlasts it is paged then', async () => {
  await using people = await startReceiver()
  await using world = bench([people.config])
  world.raiseAt('d', instance(1))
  world.raiseAt('p', 'spyglass:type=Datasource,instance=shop-1,name=shop', 'PoolExhausted')
  world.raiseAt('q', 'spyglass:type=Datasource,instance=shop-2,name=shop', 'PoolExhausted')
  const pages = await people.got(2)
  expect(pages.map(({ incidentId }) => incidentId).toSorted()).toEqual(['d', 'q'])
  await until(() => world.emitted.length === 3)
  world.clearAt(instance(1))
  await people.got(3)
  world.pass(29_000)
  await world.queued()
  expect(people.pages).toHaveLength(3)
  world.pass(2000)
  const [, , , late] = await people.got(4)
  expect(late).toMatchObject({ status: 'firing', incidentId: 'p' })
})

test('what comes and goes is told three times, and then only if it lasts', async () => {
  await using people = await startReceiver()
  await using world = bench([people.config])
  for (let i = 0; i < 6; i++) {
    world.raiseAt(`f${i}`, instance(1))
    await until(() => world.emitted.filter((name) => name === 'alert.firing').length === i + 1)
    world.pass(10_000)
    world.clearAt(instance(1))
    await until(() => world.emitted.filter((name) => name === 'alert.resolved').length === i + 1)
  }
  await world.queued()
  expect(people.pages.map(({ incidentId, status }) => `${incidentId} ${status}`)).toEqual(
    ['f0', 'f1', 'f2'].flatMap((id) => [`${id} firing`, `${id} resolved`]),
  )
  world.raiseAt('f6', instance(1))
  await until(() => world.emitted.filter((name) => name === 'alert.firing').length === 7)
  world.pass(299_000)
  await world.queued()
  expect(people.pages).toHaveLength(6)
  world.pass(1000)
  expect((await people.got(7)).at(-1)).toMatchObject({ incidentId: 'f6', status: 'firing' })
})

test('during maintenance people are told nothing, and at its end what still fires', async () => {
  await using people = await startReceiver()
  const maintenance = [{ name: 'nightly', hours: ['02:00-04:00'], timeZone: 'UTC', matchers: ['pool=shop'] }]
  await using world = bench([people.config], {}, Date.UTC(2030, 0, 1, 3), { maintenance })
  world.raise()
  await until(() => world.emitted.includes('alert.firing'))
  world.pass(3_599_000)
  await world.queued()
  expect(people.pages).toEqual([])
  world.pass(1000)
  expect(await people.got(1)).toMatchObject([{ status: 'firing' }])
})

test('an event about an alert is told before it is saved that it was: a kill between costs nothing', async () => {
  await using world = bench([])
  const told: unknown[] = []
  world.registry.onEvent(() => told.push(world.evaluator.find('1')?.announced))
  world.raise()
  await until(() => world.emitted.includes('alert.firing'))
  await until(() => world.evaluator.find('1')?.announced === 'firing')
  expect(told).toEqual(['nothing'])
})
