import { SpyglassConfig } from '@spyglass/process/config'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { addDemoApi, type DemoApiOptions } from '../../../collector/src/console/api-demo.ts'

const config = SpyglassConfig.parse({
  data: 'd',
  datasources: [{ name: 'shop', file: 'shop.db', max: 4 }],
  alerting: { crashesBeforePage: 2 },
})

function bench({ role = 'operator', mayChange = true }: { role?: 'viewer' | 'operator'; mayChange?: boolean } = {}) {
  const visited: string[] = []
  const killedPids: number[] = []
  const timers: (() => void)[] = []
  let pid = 100
  const instance = () => ({ name: 'i', values: { state: pid === 0 ? 'starting' : 'ready', pid } })
  const options: DemoApiOptions = {
    config,
    management: { read: async () => [[instance()]] },
    principalOf: () => ({ actor: 'mara', role }) as ReturnType<DemoApiOptions['principalOf']>,
    mayChange: () => mayChange,
    visit: async (url) => visited.push(url),
    kill: (killed) => {
      killedPids.push(killed)
      pid = 0
    },
    later: (call) => timers.push(call),
  }
  const app = fastify()
  addDemoApi(app, options)
  const press = async (name: string) => (await app.inject({ method: 'POST', url: `/api/v1/demo/${name}` })).statusCode
  const pass = async (): Promise<void> => {
    timers.shift()?.()
    await new Promise(setImmediate)
  }
  return { visited, killedPids, timers, press, pass, comesBack: (as: number) => (pid = as) }
}

test('the pool is drained by as many connections as it has, and they are returned after a while', async () => {
  const { press, visited, pass } = bench()
  expect(await press('drain')).toBe(200)
  expect(new Set(visited)).toEqual(new Set(['http://127.0.0.1:8080/shop/leak?count=4']))
  visited.length = 0
  await pass()
  expect(new Set(visited)).toEqual(new Set(['http://127.0.0.1:8080/shop/leak/return']))
})

test('an instance is killed as often as makes it an incident, each of its processes once', async () => {
  const { press, killedPids, pass, comesBack, timers } = bench()
  expect(await press('kill')).toBe(200)
  await pass()
  expect(killedPids).toEqual([100])
  comesBack(101)
  await pass()
  comesBack(102)
  await pass()
  expect(killedPids).toEqual([100, 101])
  expect(timers).toEqual([])
})

test('viewers, and callers from where changes are not allowed, are refused', async () => {
  for (const who of [{ role: 'viewer' as const }, { mayChange: false }]) {
    const { press, visited, killedPids } = bench(who)
    for (const name of ['drain', 'kill']) expect(await press(name)).not.toBe(200)
    expect([...visited, ...killedPids]).toEqual([])
  }
})
