import { expect, test } from 'vitest'
import { outcomeOf } from '../pool/scripted-driver.ts'
import { turns } from '../fixture.ts'
import { COPY, PRIMARY, scriptedGroup } from './scripted-group.ts'

test('a primary that refuses connections is down at once, and the promoted standby gets the writes', async () => {
  const { group, say, pass, told } = scriptedGroup({ a: PRIMARY, b: COPY })
  await group.start()
  expect([group.writer?.name, told]).toEqual(['a', ['nobody -> a']])
  say('a', 'refuses')
  await pass(1000)
  expect([group.writer, told]).toEqual([undefined, ['nobody -> a', 'a down']])
  say('b', { ...PRIMARY, timeline: 2 })
  await pass(1000)
  expect([group.writer?.name, told.at(-1)]).toEqual(['b', 'a -> b'])
  await group.stop()
})

test('a primary that says nothing is down after two questions', async () => {
  const { group, say, pass, member } = scriptedGroup({ a: PRIMARY, b: COPY })
  await group.start()
  say('a', 'silent')
  await pass(1500)
  expect(group.stateOf(member('a')).health).toBe('up')
  await pass(2000)
  expect(group.stateOf(member('a'))).toMatchObject({ health: 'down', failures: 2 })
  await group.stop()
})

test('an old primary that is back gets nothing; as a copy it gets reads after its time, and only then', async () => {
  const { group, say, pass, member, told } = scriptedGroup({ a: PRIMARY, b: COPY })
  await group.start()
  say('a', 'refuses')
  say('b', { ...PRIMARY, timeline: 2 })
  await pass(1000)
  say('a', PRIMARY)
  await pass(20_000)
  expect([group.useOf(member('a')), group.useOf(member('b'))]).toEqual(['outdated', 'writes'])
  expect(group.reader({}).name).toBe('b')
  expect(told).not.toContain('a restored')
  say('a', 'refuses')
  await pass(1000)
  say('a', { ...COPY, timeline: 2 })
  await pass(9000)
  expect(group.useOf(member('a'))).toBe('restoring')
  await pass(3000)
  expect([group.useOf(member('a')), group.reader({}).name, told.at(-1)]).toEqual(['reads', 'a', 'a restored'])
  await group.stop()
})

test('who waits for a writer gets it when there is one, and after its time an error with the state of each', async () => {
  const { group, say, pass } = scriptedGroup({ a: 'refuses', b: COPY })
  await group.start()
  const { signal } = new AbortController()
  const [soon, late] = [group.writerWithin(4500, signal), group.writerWithin(900, signal)]
  const told = late.catch((error: Error) => error.message)
  await pass(1000)
  expect(await told).toBe('datasource shop: no member accepts writes: a down (refused), b read-only. Promote one, or start the primary')
  expect(await outcomeOf(soon)).toBe('waiting')
  say('b', { ...PRIMARY, timeline: 2 })
  await pass(1000)
  expect((await soon).name).toBe('b')
  await group.stop()
})

test('who waits for a writer is told when that is given up, and when the group ends', async () => {
  const { group } = scriptedGroup({ a: 'refuses' })
  await group.start()
  const abort = new AbortController()
  const given = [group.writerWithin(1e6, abort.signal), group.writerWithin(1e6, new AbortController().signal)]
  abort.abort()
  expect(await outcomeOf(given[0])).toBe('SPY_WRITER_MISSING')
  await group.stop()
  expect(await outcomeOf(given[1])).toBe('SPY_WRITER_MISSING')
})

test('a refused connection of the application counts, and the member is asked at once', async () => {
  const { group, member, say } = scriptedGroup({ a: PRIMARY, b: COPY })
  await group.start()
  group.refused(member('b'), 'refused')
  expect(group.stateOf(member('b')).health).toBe('down')
  await turns()
  expect(group.stateOf(member('b')).health).toBe('up')
  say('b', COPY)
  await group.stop()
})

test('a stopped group asks nobody any more and has closed its connections', async () => {
  const { group, clock, database, pass } = scriptedGroup({ a: PRIMARY, b: COPY })
  await group.start()
  await group.stop()
  await pass(5000)
  expect([database('a').connects, database('a').closed, clock.timers]).toEqual([1, 1, 0])
})
