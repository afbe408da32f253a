import { describe, expect, it } from 'vitest'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { withAliases } from '@spyglass/mbeans/platform'
import { fileDescriptorLimit } from '../../../../agent/mbeans/src/platform/operating-system.ts'
import { createRegistry } from '@spyglass/agent/registry'
import { pushInstance } from '../../../support/mbean-server.ts'

describe('withAliases', () => {
  it('adds up over the instances of a listener and of a datasource', () => {
    const registry = createRegistry({ kindNamed })
    pushInstance(registry, 'http-1')
    pushInstance(registry, 'http-2')
    const view = withAliases(registry)
    const pool = view.find('com.zaxxer.hikari:type=Pool (shop)')
    expect(
      ['ActiveConnections', 'IdleConnections', 'TotalConnections', 'ThreadsAwaitingConnection'].map((name) => pool?.read(name)),
    ).toEqual([8, 2, 10, 4])
    const threads = view.find('Catalina:type=ThreadPool,name=http-8080')
    expect(threads?.read('currentThreadsBusy')).toBe(6)
    expect(threads?.read('port')).toBe(8080)
    expect(threads?.read('minSpareThreads')).toBe(2)
    const limit = fileDescriptorLimit()
    expect(threads?.read('maxThreads')).toBe(limit === undefined ? undefined : 2 * limit)
    expect(view.find('Catalina:type=GlobalRequestProcessor,name=http-8080')?.read('processingTime')).toBe(5000)
    expect(view.find('com.zaxxer.hikari:type=PoolConfig (shop)')?.read('MaximumPoolSize')).toBe(10)
  })

  it('shows no port of the server itself as a connector', () => {
    const registry = createRegistry({ kindNamed })
    pushInstance(registry, 'http-1')
    const console = { kind: 'listener', keys: { instance: 'collector', name: 'console' }, values: { port: 8900, state: 'open' } }
    registry.adopt('collector', { time: 0, resources: [console] })
    const connectors = [...withAliases(registry).beans()]
      .map(({ name }) => name)
      .filter((name) => name.startsWith('Catalina:type=ThreadPool'))
    expect(connectors).toEqual(['Catalina:type=ThreadPool,name=http-8080'])
  })

  it('adds up what instances count of sessions, and takes how many there are from the process that knows it', () => {
    const registry = createRegistry({ kindNamed })
    const of = (instance: string, values: Readonly<Record<string, number>>) =>
      registry.adopt(instance, { time: 0, resources: [{ kind: 'session', keys: { instance, name: 'visitors' }, values }] })
    of('shop-1', { created: 3, expired: 0, refused: 1 })
    of('shop-2', { created: 4, expired: 0, refused: 0 })
    of('session-store', { active: 5, expired: 2 })
    const manager = withAliases(registry).find('Catalina:type=Manager,host=localhost,context=/visitors')
    const names = ['context', 'name', 'activeSessions', 'sessionCounter', 'expiredSessions', 'rejectedSessions']
    expect(names.map((name) => manager?.read(name))).toEqual(['/visitors', 'visitors', 5, 7, 2, 1])
  })

  it('names the server and its version as Tomcat does', () => {
    const registry = createRegistry({ kindNamed })
    registry.adopt('keeper', {
      time: 0,
      resources: [{ kind: 'server', keys: { name: 's' }, values: { version: '1.2.3', instancesReady: 1 } }],
    })
    const server = withAliases(registry).find('Catalina:type=Server')
    expect(['serverInfo', 'serverNumber', 'stateName'].map((name) => server?.read(name))).toEqual(['Spyglass/1.2.3', '1.2.3', 'STARTED'])
  })

  it('is as old as the oldest of what it shows', () => {
    let now = 1_795_289_942_000
    const registry = createRegistry({ kindNamed, now: () => now, staleAfterMs: 3500 })
    pushInstance(registry, 'http-1')
    pushInstance(registry, 'http-2')
    registry.adopt('http-2', { time: now + 1000, resources: registry.snapshot().resources })
    const pool = () => withAliases(registry).find('com.zaxxer.hikari:type=Pool (shop)')
    expect(pool()).toMatchObject({ sampledAt: now, isStale: false })
    now += 4000
    expect(pool()?.isStale).toBe(true)
  })

  it('follows resources as they come and go, and shows each name once', () => {
    const registry = createRegistry({ kindNamed })
    const view = withAliases(registry)
    const names = () => [...view.beans()].map(({ name }) => name).filter((name) => !name.startsWith('spyglass'))
    expect(names()).toEqual([])
    pushInstance(registry, 'http-1')
    pushInstance(registry, 'http-2')
    expect(names().sort()).toEqual([
      'Catalina:type=GlobalRequestProcessor,name=http-8080',
      'Catalina:type=ThreadPool,name=http-8080',
      'com.zaxxer.hikari:type=Pool (shop)',
      'com.zaxxer.hikari:type=PoolConfig (shop)',
    ])
    for (const name of ['http-1', 'http-2']) registry.adopt(name, { time: 0, resources: [] })
    expect(names()).toEqual([])
    expect(view.generation).toBe(registry.generation)
  })

  it('says "not known" where a number is missing, and knows no attribute of the language', () => {
    const registry = createRegistry({ kindNamed })
    registry.adopt('x', { time: 0, resources: [{ kind: 'datasource', keys: { instance: 'x', name: 'empty' }, values: {} }] })
    const pool = withAliases(registry).find('com.zaxxer.hikari:type=Pool (empty)')
    expect(pool?.read('ActiveConnections')).toBeUndefined()
    expect(pool?.read('constructor')).toBeUndefined()
  })
})
