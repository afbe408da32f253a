import { expect, test, vi } from 'vitest'
import { loadConfig } from '@spyglass/process/config'
import { LiveSettings } from '@spyglass/process/live-settings'
import { declarationAt, declaredSettings, isResourceList } from '@spyglass/process/settings'

const config = () => loadConfig({ base: { datasources: [{ name: 'shop', file: 'x' }] } })

test('a new value is in the configuration that the process has, also where a part of it was kept', () => {
  const mine = config()
  const { alerting } = mine
  const live = new LiveSettings(mine)
  live.apply([
    { path: ['alerting', 'repeatAfterMs'], value: 5000 },
    { path: ['datasources', 'shop', 'max'], value: 20 },
    { path: ['agent', 'slowRequestMs'], value: 7 },
  ])
  expect([alerting.repeatAfterMs, mine.datasources[0]?.max, mine.agent.slowRequestMs]).toEqual([5000, 20, 7])
  live.apply([{ path: ['agent', 'slowRequestMs'] }])
  expect(mine.agent).not.toHaveProperty('slowRequestMs')
})

test('listeners are called once for what came together, if it is at or below their path', () => {
  const live = new LiveSettings(config())
  const [logs, level, agent] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()]
  live.onChange(['logs'], logs)
  live.onChange(['logs', 'level'], level)
  live.onChange(['agent'], agent)
  live.apply([
    { path: ['logs', 'level'], value: 'debug' },
    { path: ['logs', 'levels'], value: { pool: 'trace' } },
  ])
  expect([logs, level, agent].map((one) => one.mock.calls.length)).toEqual([1, 1, 0])
})

test('what the process does not have changes nothing and nobody is called', () => {
  const mine = config()
  const before = structuredClone(mine)
  const live = new LiveSettings(mine)
  const called = vi.fn<() => void>()
  live.onChange([], called)
  live.apply([
    { path: ['datasources', 'other', 'max'], value: 3 },
    { path: ['nothing', 'here'], value: 1 },
    { path: ['__proto__', 'x'], value: 1 },
    { path: [], value: 1 },
  ])
  expect(mine).toEqual(before)
  expect(called).not.toHaveBeenCalled()
})

test('an entry of a list that is live as a whole comes, changes and goes, also where the list was kept', () => {
  const mine = config()
  const { receivers } = mine.alerting
  const live = new LiveSettings(mine)
  const called = vi.fn<() => void>()
  live.onChange(['alerting', 'receivers'], called)
  const path = ['alerting', 'receivers', 'mail']
  live.apply([{ path, value: { name: 'mail', url: 'a' } }])
  live.apply([{ path, value: { name: 'mail', url: 'b' } }])
  expect(receivers).toEqual([{ name: 'mail', url: 'b' }])
  live.apply([{ path }])
  expect(receivers).toEqual([])
  live.apply([{ path }, { path, value: 'no entry' }])
  expect(called).toHaveBeenCalledTimes(3)
})

test('a live setting that is secret is one that a single process reads, which has it anyway: an instance of its own entries, or the collector of receivers', () => {
  const live = declaredSettings().filter(({ applies }) => applies === 'live')
  expect(live.length).toBeGreaterThan(10)
  for (const { path, readBy } of live.filter(({ setting }) => setting.secret)) {
    if (path.startsWith('alerting.receivers')) expect(readBy, path).toEqual(['collector'])
    else expect([isResourceList(path.split('[')[0]), readBy], path).toEqual([true, ['instances']])
  }
  expect(declarationAt(['logs', 'level'])?.node).toMatchObject({ applies: 'live' })
})
