import { expect, test } from 'vitest'
import { loadConfig, type SpyglassConfig } from '@spyglass/process/config'
import { formatName } from '@spyglass/process/settings'
import { liveChanges, withoutLive } from '../../../runtime/src/administration/live.ts'
import { needsOf } from '../../../runtime/src/administration/needs.ts'

const configOf = (more: object = {}) =>
  loadConfig({
    base: { applications: [{ name: 'shop', folder: '/x', datasources: ['db'] }], datasources: [{ name: 'db', file: 'x', ...more }] },
  })

test('configurations that differ in live settings only are the same without them', () => {
  const other = configOf({ max: 20, leakAfterMs: 100 })
  const changed = { ...other, logs: { ...other.logs, level: 'debug' as const }, agent: { ...other.agent, slowRequestMs: 5 } }
  expect(changed).not.toEqual(configOf())
  expect(withoutLive(changed)).toEqual(withoutLive(configOf()))
})

test('what is no live setting stays', () => {
  const config = configOf({ file: 'other' })
  expect(withoutLive(config)).not.toEqual(withoutLive(configOf()))
  expect(withoutLive(config).applications).toEqual(config.applications)
})

test('values are given by the parts of the names, and none for what is not set any more', () => {
  expect(liveChanges(configOf({ max: 20 }), ['datasources.db.max', 'agent.slowRequestMs'])).toEqual([
    { value: { path: ['datasources', 'db', 'max'], value: 20 }, readBy: ['instances'] },
    { value: { path: ['agent', 'slowRequestMs'] }, readBy: ['instances'] },
  ])
})

const withReceiver = (receiver: object) =>
  loadConfig({ base: { alerting: { receivers: [{ name: 'mail', url: 'https://a.example', ...receiver }] } } })

test('lists that are live as a whole count for nothing, however many entries they have', () => {
  const windows = { alerting: { maintenance: [{ name: 'night', hours: ['02:00-04:00'] }] } }
  for (const config of [withReceiver({}), loadConfig({ base: windows })]) {
    expect(withoutLive(config).alerting).toEqual(withoutLive(loadConfig({ base: {} })).alerting)
  }
})

test('of such a list the entry is given whole, with who set its address; one that is gone has no value', () => {
  const config = withReceiver({})
  const [receiver] = config.alerting.receivers
  const guarded = { ...config, alerting: { ...config.alerting, receivers: [{ ...receiver!, guarded: ['url'] }] } }
  const path = ['alerting', 'receivers', 'mail']
  const changes = liveChanges(guarded, ['alerting.receivers.mail.url', 'alerting.receivers.mail.timeoutMs'])
  expect(changes).toEqual([{ value: { path, value: { ...receiver, guarded: ['url'] } }, readBy: ['collector'] }])
  expect(liveChanges(config, ['alerting.receivers.gone'])).toEqual([
    { value: { path: ['alerting', 'receivers', 'gone'] }, readBy: ['collector'] },
  ])
})

const PRIMARY = { url: 'postgres://shop@db-a/shop' }
const STANDBY = { url: 'postgres://shop@db-b/shop', role: 'standby' }
const groupOf = (members: readonly object[], more: object = {}) =>
  configOf({ file: undefined, driver: 'pg', ...(members.length === 0 ? PRIMARY : { members }), ...more })

test('members and routes are live, and come whole; whether there are members is not', () => {
  const [one, two] = [groupOf([PRIMARY]), groupOf([PRIMARY, STANDBY], { routes: [{ statements: 'read', to: 'read' }] })]
  expect(withoutLive(one)).toEqual(withoutLive(two))
  expect(withoutLive(groupOf([]))).not.toEqual(withoutLive(one))
  const path = ['datasources', 'db', 'members', STANDBY.url]
  expect(liveChanges(two, [formatName(path), formatName([...path, 'weight'])])).toEqual([
    { value: { path: ['datasources', 'db', 'members'], value: two.datasources[0]?.members }, readBy: ['instances'] },
  ])
  const needs = (before: SpyglassConfig, after: SpyglassConfig) => needsOf([path], [before, after])
  expect(needs(one, two)).toMatchObject({ live: [formatName(path)], reload: [] })
  expect(needs(groupOf([]), one)).toMatchObject({ live: [], reload: ['shop-1'] })
})
