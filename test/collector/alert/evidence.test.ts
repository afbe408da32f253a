import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { Evidence } from '../../../collector/src/alert/evidence.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import type { QueryClient, Row } from '../../../collector/src/query/index.ts'
import { eventOf, exhausted, POOL } from './incidents.ts'

const logger = createLogger({ process: 'test', level: 'silent' })
const now = Date.now()
const incident = { id: '1', since: now } as Incident
const reload = eventOf('spyglass.instance.reloaded', 'spyglass:type=Instance,name=http-1', { time: now - 60_000, message: 'reloaded' })

const neverLate = (): void => expect.unreachable('the store answered in time')
const store = (rows: readonly Row[]): QueryClient => ({ rows: async () => rows, stop: async () => {} })

test('changes come from the table and from what this process saw, each once, newest first, without the incident itself', async () => {
  const stored = { time: now - 600_000, name: 'spyglass.application.started', incidentId: '7', resource: 'r', message: 'loaded' }
  const same = { time: reload.time, name: reload.name, incidentId: reload.incidentId, resource: reload.resource, message: 'reloaded' }
  const evidence = new Evidence({ query: store([stored, same]), logger })
  evidence.remember(reload)
  evidence.remember(exhausted('1', { time: now }))
  evidence.remember(eventOf('spyglass.alert.firing', POOL, { time: now - 5 }))
  evidence.remember(eventOf('spyglass.server.started', 'spyglass:type=Server,name=s', { time: now - 3_700_000 }))
  expect((await evidence.changesBefore(incident, neverLate)).map(({ message }) => message)).toEqual(['reloaded', 'loaded'])
})

test('what came after the start is shown too, once however often it was tried: it says why the incident lasts', async () => {
  const failed = (ms: number) => eventOf('spyglass.application.failed', 'r', { time: now + ms, message: 'no licence' })
  const evidence = new Evidence({ query: store([]), logger, now: () => now + 15_000 })
  for (const event of [reload, failed(2000), failed(5000), failed(16_000)]) evidence.remember(event)
  const changes = await evidence.changesBefore(incident, neverLate)
  expect(changes.map(({ message }) => message)).toEqual(['no licence', 'reloaded'])
  expect(changes[0]?.time).toBe(new Date(now + 5000).toISOString())
})

test('without the store the page goes out with what this process saw', async () => {
  const away: QueryClient = { rows: () => Promise.reject(new Error('away')), stop: async () => {} }
  const evidence = new Evidence({ query: away, logger })
  evidence.remember(reload)
  expect(await evidence.changesBefore(incident, neverLate)).toHaveLength(1)
})

test('what the store says after the page has gone reaches the incident', async () => {
  const stored = { time: now - 600_000, name: 'spyglass.application.started', incidentId: '7', resource: 'r', message: 'loaded' }
  const answer = Promise.withResolvers<readonly Row[]>()
  const slow: QueryClient = { rows: () => answer.promise, stop: async () => {} }
  const evidence = new Evidence({ query: slow, logger, pageWaitsMs: 0 })
  evidence.remember(reload)
  const late = Promise.withResolvers<unknown>()
  expect(await evidence.changesBefore(incident, late.resolve)).toMatchObject([{ message: 'reloaded' }])
  answer.resolve([stored])
  expect(await late.promise).toMatchObject([{ message: 'reloaded' }, { message: 'loaded' }])
})

test('the failed requests of an incident are those of the service that has the resource, or that its instance serves', async () => {
  const rows = [
    { service: 'shop', instances: ['http-1@9f8e7d6c', 'http-2@9f8e7d6c'], errors: 212 },
    { service: 'blog', instances: ['http-10@9f8e7d6c'], errors: 7 },
  ]
  const evidence = new Evidence({ query: store(rows), logger })
  const failed = (resource: string) => evidence.failedRequests({ ...incident, resource, resolvedAt: now + 1000 })
  expect(await failed(POOL)).toBe(212)
  expect(await failed('spyglass:type=Instance,name=http-10')).toBe(7)
  expect(await failed('spyglass:type=Service,name=blog')).toBe(7)
  expect(await failed('spyglass:type=Instance,name=http')).toBeUndefined()
  expect(await failed('spyglass:type=Receiver,name=on-call')).toBeUndefined()
})

test('without the store nobody says how many requests failed', async () => {
  const away: QueryClient = { rows: () => Promise.reject(new Error('away')), stop: async () => {} }
  expect(await new Evidence({ query: away, logger }).failedRequests({ ...incident, resource: POOL })).toBeUndefined()
})
