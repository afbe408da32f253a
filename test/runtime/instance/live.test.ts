import { expect, test, vi } from 'vitest'
import { loadConfig } from '@spyglass/process/config'
import { instanceGroups } from '@spyglass/process/checked-config'
import { createLogger } from '@spyglass/process/logger'
import { workerShareOf } from '../../../runtime/src/instance/cluster-worker-share.ts'
import { liveSettingsOf } from '../../../runtime/src/instance/live.ts'
import { shareOf } from '../../../runtime/src/instance/share.ts'

test('an instance takes on levels, what the agent keeps, and limits of its pools; what was not set any more is the default again', () => {
  const config = loadConfig({
    base: {
      applications: [{ name: 'shop', folder: '.', datasources: ['db'], rateLimits: ['api'], caches: ['pages'] }],
      caches: [{ name: 'pages' }],
      rateLimits: [{ name: 'api' }],
      datasources: [
        { name: 'db', file: 'db' },
        { name: 'other', file: 'other' },
      ],
      agent: { slowRequestMs: 900 },
    },
  })
  const [group] = instanceGroups(config)
  const share = shareOf(config, group!, 'shop-1', '/logs')
  const logger = createLogger({ process: 'shop-1', level: 'info' })
  const component = logger.child({ component: 'pool' })
  const agent = { configure: vi.fn<(policy: object) => void>() }
  const accessLogs = { changed: vi.fn<() => void>() }
  const resources = { configure: vi.fn<(list: string, entries: readonly object[]) => void>() }
  const workers = { changed: vi.fn<() => void>() }
  const live = liveSettingsOf(share, { agent, resources: () => resources, accessLogs, workers })
  live.apply([
    { path: ['logs', 'level'], value: 'debug' },
    { path: ['logs', 'levels'], value: { pool: 'trace' } },
    { path: ['agent', 'keptPerSecond'], value: 50 },
    { path: ['agent', 'slowRequestMs'] },
    { path: ['datasources', 'db', 'max'], value: 20 },
    { path: ['datasources', 'other', 'max'], value: 1 },
  ])
  expect(accessLogs.changed).not.toHaveBeenCalled()
  live.apply([{ path: ['logs', 'access', 'format'], value: 'common' }])
  live.apply([{ path: ['applications', 'shop', 'accessLog', 'to'], value: 'output' }])
  expect(accessLogs.changed).toHaveBeenCalledTimes(2)
  expect([share.accessLog.format, share.applications[0]?.accessLog.to]).toEqual(['common', 'output'])
  expect([logger.level, component.level]).toEqual(['debug', 'trace'])
  expect(agent.configure).toHaveBeenCalledExactlyOnceWith({
    slowRequestMs: 0,
    slowStatementMs: 100,
    keptPerSecond: 50,
    baselinePerMinute: 6,
  })
  live.apply([{ path: ['agent', 'ignoredPaths'], value: ['/health'] }])
  expect(agent.configure).toHaveBeenLastCalledWith(expect.objectContaining({ ignoredPaths: ['/health'] }))
  live.apply([{ path: ['agent', 'keptPerSecond'], value: 6 }])
  // An application may have lists of its own in its environment: only what changes is passed on.
  expect(agent.configure).toHaveBeenLastCalledWith({ slowRequestMs: 0, slowStatementMs: 100, keptPerSecond: 6, baselinePerMinute: 6 })
  live.apply([{ path: ['agent', 'explain'], value: true }])
  const kept = { slowRequestMs: 0, slowStatementMs: 100, keptPerSecond: 6, baselinePerMinute: 6 }
  expect(agent.configure).toHaveBeenLastCalledWith({ ...kept, explain: true })
  live.apply([
    { path: ['agent', 'cancelStatements'], value: true },
    { path: ['agent', 'explain'], value: false },
  ])
  expect(agent.configure).toHaveBeenLastCalledWith({ ...kept, explain: false, cancelStatements: true })
  expect(resources.configure).toHaveBeenCalledExactlyOnceWith('datasources', [expect.objectContaining({ name: 'db', max: 20 })])
  expect(workers.changed).not.toHaveBeenCalled()
  live.apply([{ path: ['rateLimits', 'api', 'max'], value: 7 }])
  expect(workers.changed).toHaveBeenCalledOnce()
  expect(workerShareOf(share).resources.rateLimits).toMatchObject([{ name: 'api', max: 7 }])
  live.apply([{ path: ['caches', 'pages', 'ttlMs'], value: 5 }])
  expect(workers.changed).toHaveBeenCalledTimes(2)
  expect(workerShareOf(share).resources.caches).toMatchObject([{ name: 'pages', ttlMs: 5 }])
})
