import { expect, test } from 'vitest'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { recipientsOf, routesOf } from '../../../collector/src/alert/recipients.ts'
import { receiverConfig } from '../notify/receiver.ts'
import { incidentOf } from './incidents.ts'

const incident = incidentOf

const routes = routesOf([
  receiverConfig({ name: 'all' }),
  receiverConfig({ name: 'shop', matchers: ['pool=~"shop.*"', 'severity=critical'] }),
  receiverConfig({ name: 'others', matchers: ['pool!=shop'] }),
  receiverConfig({ name: 'day', hours: ['mon-fri 08:00-18:00'], timeZone: 'UTC' }),
  receiverConfig({ name: 'boss', onlyEscalated: true }),
])
const NIGHT = Date.UTC(2026, 0, 5, 3)
const DAY = Date.UTC(2026, 0, 5, 9)

function names(what: Parameters<typeof recipientsOf>[2], one: Incident, now: number): readonly string[] {
  const labels = { pool: 'shop', severity: one.severity }
  return recipientsOf(routes, { incident: one, labels, now }, what).map(({ name }) => name)
}

test('by label, severity and time of day', () => {
  expect(names('firing', incident(), DAY)).toEqual(['all', 'shop', 'day'])
  expect(names('firing', incident(), NIGHT)).toEqual(['all', 'shop'])
  expect(names('firing', incident({ severity: 'warning' }), NIGHT)).toEqual(['all'])
})

test('who comes later is told once, reminders go to who was told and is on duty, the end to all who were told', () => {
  const told = incident({ told: ['all', 'day'] })
  expect(names('late', incident({ told: ['all', 'shop'] }), NIGHT)).toEqual([])
  expect(names('late', incident({ told: ['all', 'shop'] }), DAY)).toEqual(['day'])
  expect(names('reminder', told, NIGHT)).toEqual(['all'])
  expect(names('resolved', told, NIGHT)).toEqual(['all', 'day'])
  expect(names('resolved', incident({ told: [] }), DAY)).toEqual([])
})

test('what nobody acknowledges goes to the others, and from then on they are told as well', () => {
  expect(names('escalation', incident(), NIGHT)).toEqual(['boss'])
  expect(names('reminder', incident({ told: ['all', 'boss'], escalatedAt: 1 }), NIGHT)).toEqual(['all', 'boss'])
})

test('an incident of a state file that does not say who was told ends for all', () => {
  expect(names('resolved', incident(), NIGHT)).toEqual(['all', 'shop', 'others', 'day'])
  expect(names('late', incident({ announced: 'firing' }), DAY)).toEqual([])
})

test('that a receiver accepts nothing is told over the others', () => {
  const broken = incident({ rule: 'PagingBroken', resource: 'spyglass:type=Receiver,name=all' })
  expect(names('firing', broken, NIGHT)).toEqual(['shop'])
})
