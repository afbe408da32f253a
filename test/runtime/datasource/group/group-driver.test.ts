import { expect, test } from 'vitest'
import { GroupDriver } from '../../../../runtime/src/datasource/group/group-driver.ts'
import { memberDriver } from '../../../../runtime/src/datasource/group/member-driver.ts'
import type { Member } from '../../../../runtime/src/datasource/group/member.ts'
import { outcomeOf } from '../pool/scripted-driver.ts'
import { turns } from '../fixture.ts'
import { COPY, PRIMARY, scriptedGroup } from './scripted-group.ts'

async function led(sharded?: string) {
  const scripted = scriptedGroup({ a: PRIMARY, b: COPY })
  const { group, database } = scripted
  await group.start()
  let leading = 'a'
  const driver = new GroupDriver({
    group,
    driver: { ...database('a').driver('a'), connect: (onBroken, signal) => database(leading).driver(leading).connect(onBroken, signal) },
    lead: ({ name }: Member) => {
      leading = name
    },
    connectTimeoutMs: () => 5000,
    sharded,
  })
  const connect = (onBroken: (error: Error) => void = () => {}) => driver.connect(onBroken, new AbortController().signal)
  return { ...scripted, connect, leading: () => leading }
}

test('a writer that refuses is down, and who connects gets the next writer', async () => {
  const { connect, say, pass, group, leading } = await led()
  say('a', 'refuses')
  const connecting = connect()
  await turns()
  expect([await outcomeOf(connecting), group.writer]).toEqual(['waiting', undefined])
  say('b', { ...PRIMARY, timeline: 2 })
  await pass(1000)
  await connecting
  expect(leading()).toBe('b')
  await group.stop()
})

test('without a writer the error comes before the pool gives up itself', async () => {
  const { connect, say, pass, group } = await led()
  say('a', 'refuses')
  const connecting = outcomeOf(connect().catch((error: unknown) => Promise.reject(error)))
  await pass(4500)
  expect(await connecting).toBe('waiting')
  expect(await outcomeOf(connect())).toBe('waiting')
  await group.stop()
})

test('a connection that breaks has its member asked at once', async () => {
  const { connect, group, database, member, say } = await led()
  await connect()
  say('a', 'refuses')
  database('a').break(new Error('broken'))
  await turns()
  expect(group.stateOf(member('a')).failures).toBe(1)
  await group.stop()
})

test('sharded members have no common pool', async () => {
  const { connect, group } = await led('shop')
  expect(await outcomeOf(connect())).toBe('SPY_SHARD_UNNAMED')
  await group.stop()
})

test('a refused connection of the pool of a member is told to its group', async () => {
  const { group, database, member, say } = await led()
  say('b', 'refuses')
  const driver = memberDriver(database('b').driver('b'), member('b'), group)
  expect(await outcomeOf(driver.connect(() => {}, new AbortController().signal))).toBe('ECONNREFUSED')
  expect([driver.target, group.stateOf(member('b')).health]).toEqual(['b', 'down'])
  await group.stop()
})
