import { expect, test } from 'vitest'
import { loadConfig } from '@spyglass/process/config'
import { liveChanges, withoutLive } from '../../../runtime/src/administration/live.ts'

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
