import { expect, onTestFinished, test } from 'vitest'
import type { Member } from '../../../../runtime/src/datasource/group/member.ts'
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
  expect((await group.readerWithin(1, {})).name).toBe('b')
  expect(told).not.toContain('a restored')
  say('a', 'refuses')
  await pass(1000)
  say('a', { ...COPY, timeline: 2 })
  await pass(9000)
  expect(group.useOf(member('a'))).toBe('restoring')
  await pass(3000)
  expect([group.useOf(member('a')), (await group.readerWithin(1, {})).name, told.at(-1)]).toEqual(['reads', 'a', 'a restored'])
  await group.stop()
})

test('who waits for a writer gets it when there is one, and after its time an error with the state of each', async () => {
  const { group, say, pass } = scriptedGroup({ a: 'refuses', b: COPY })
  await group.start()
  const { signal } = new AbortController()
  const [soon, late] = [group.writerWithin(4500, signal), group.writerWithin(900, signal)]
  const told = late.catch((error: Error) => error.message)
  await pass(1000)
  expect(await told).toBe(
    'datasource shop: no member gets the writes: a down (refused), b read-only. Promote one, or start the primary; of several that are ambiguous, make the old primary read-only',
  )
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

test('a new instance that finds an old primary beside the promoted one writes to neither, until one is read-only', async () => {
  const [old, promoted] = [
    { ...PRIMARY, timeline: 0, gtid: '0-1-200' },
    { ...PRIMARY, timeline: 0, gtid: '0-1-100,0-2-150' },
  ]
  const { group, say, pass, member } = scriptedGroup({ a: old, b: promoted })
  await group.start()
  expect([group.useOf(member('a')), group.useOf(member('b'))]).toEqual(['ambiguous', 'ambiguous'])
  const refused = group.writerWithin(400, new AbortController().signal).catch((error: Error) => error.message)
  await pass(500)
  expect(await refused).toMatch(/: a ambiguous, b ambiguous\. .*make the old primary read-only$/)
  say('a', { ...old, isWritable: false })
  await pass(1000)
  expect([group.useOf(member('b')), group.writer?.name]).toEqual(['writes', 'b'])
  await group.stop()
})

test('shards are writable, and not ambiguous', async () => {
  const shard = { ...PRIMARY, timeline: 0, gtid: '' }
  const { group, member } = scriptedGroup({ a: shard, b: shard }, {}, { sharded: true })
  await group.start()
  expect([group.useOf(member('a')), group.useOf(member('b'))]).toEqual(['writable', 'writable'])
  await group.stop()
})

test('many may wait for a writer without a warning, and none is listened for when its wait has ended', async () => {
  const { group, pass, clock } = scriptedGroup({ a: 'refuses' })
  await group.start()
  const warnings: string[] = []
  const warn = ({ name }: Error): void => void warnings.push(name)
  process.on('warning', warn)
  onTestFinished(() => void process.off('warning', warn))
  const timers = clock.timers
  const { signal } = new AbortController()
  const waits = Array.from({ length: 30 }, () =>
    outcomeOf(group.writerWithin(900, signal).catch((error: unknown) => Promise.reject(error))),
  )
  await turns()
  expect([warnings, group.events.listenerCount('changed')]).toEqual([[], 30])
  expect(await Promise.all(waits)).toEqual(Array.from({ length: 30 }, () => 'waiting'))
  await pass(1000)
  expect([group.events.listenerCount('changed'), clock.timers]).toEqual([0, timers])
  await group.stop()
})

test('a member whose answer came while this process was held up is up', async () => {
  const { group, clock, member } = scriptedGroup({ a: PRIMARY, b: COPY })
  await group.start()
  for (let i = 0; i < 4; i++) {
    clock.advance(1500) // the questions, and the whole time for the answers, before the loop turns
    await turns()
  }
  expect(group.stateOf(member('a'))).toMatchObject({ health: 'up', failures: 0 })
  await group.stop()
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

test('a member that comes is asked, and one that goes is not; writes wait for the answer of who may be newer', async () => {
  const { group, pass, say, database, member, told } = scriptedGroup({ a: PRIMARY, b: COPY, c: COPY })
  const [a, b, c] = ['a', 'b', 'c'].map(member) as [Member, Member, Member]
  group.become([a, b])
  await group.start()
  await pass(1000)
  expect([group.useOf(b), database('c').connects]).toEqual(['reads', 0])
  group.become([a, b, c])
  expect(group.useOf(c)).toBe('unknown')
  await pass(1000)
  expect([group.useOf(c), group.writer?.name]).toEqual(['reads', 'a'])

  say('b', 'silent')
  group.become([{ ...b, url: 'postgres://elsewhere/shop' }, c])
  expect([group.writer, group.members.map(({ name }) => name), database('a').closed]).toEqual([undefined, ['b', 'c'], 1])
  say('c', { ...PRIMARY, timeline: 2 })
  await pass(1000)
  expect(group.writer).toBeUndefined() // nobody knows yet what is at the new address
  await pass(4000)
  expect([group.writer?.name, told]).toEqual(['c', ['nobody -> a', 'b down', 'nobody -> c']])
  await group.stop()
})

test('who was replaced is not followed because it comes back under another address', async () => {
  const { group, say, pass, member } = scriptedGroup({ a: { ...PRIMARY, timeline: 0 }, b: { ...COPY, timeline: 0 } })
  await group.start()
  say('a', 'refuses')
  say('b', { ...PRIMARY, timeline: 0 })
  await pass(1000)
  group.become([{ ...member('a'), url: 'postgres://elsewhere/shop' }, member('b')])
  say('a', { ...PRIMARY, timeline: 0 })
  await pass(1000)
  say('b', 'refuses')
  await pass(1000)
  expect([group.writer, group.useOf(group.members[0]!)]).toEqual([undefined, 'outdated'])
  await group.stop()
})
