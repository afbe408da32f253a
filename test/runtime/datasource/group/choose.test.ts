import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  chooseWriter,
  followed,
  isRefusal,
  type Known,
  type Memory,
  NOTHING,
  oneOf,
  readers,
  remembered,
} from '../../../../runtime/src/datasource/group/choose.ts'
import { type MemberState, UNKNOWN } from '../../../../runtime/src/datasource/group/member.ts'

const NAMES = ['a', 'b', 'c', 'd'] as const

const standing = fc.record({
  isWritable: fc.boolean(),
  timeline: fc.integer({ min: 0, max: 3 }),
  position: fc.bigInt({ min: 0n, max: 3n }),
  gtid: fc.constantFrom('', '0-1-1', '0-1-2', '0-1-1,0-2-2', '0-2-9'),
  lagMs: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
})

const state: fc.Arbitrary<MemberState> = fc.record({
  health: fc.constantFrom('unknown', 'up', 'down'),
  failures: fc.integer({ min: 0, max: 3 }),
  upSince: fc.constantFrom(Number.NEGATIVE_INFINITY, 0, 90),
  standing: fc.option(standing, { nil: undefined }),
  lastError: fc.constant(''),
})

const group: fc.Arbitrary<readonly Known[]> = fc
  .array(
    fc.record({
      role: fc.constantFrom('primary', 'standby', 'replica'),
      weight: fc.integer({ min: 0, max: 3 }),
      tags: fc.subarray(['eu', 'reports']),
      state,
    }),
    { minLength: 1, maxLength: NAMES.length },
  )
  .map((members) => members.map(({ state: of, ...member }, i) => ({ member: { name: NAMES[i] ?? '', url: '', ...member }, state: of })))

const memory: fc.Arbitrary<Memory> = fc.record({
  writer: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
  timeline: fc.integer({ min: 0, max: 3 }),
  deposed: fc.subarray([...NAMES]).map((names) => new Set<string>(names)),
})

const limits = { now: 100, restoreAfterMs: 50, maxLagMs: 40 }

const nameOf = (choice: ReturnType<typeof chooseWriter>): string => (isRefusal(choice) ? choice.code : choice.name)

function known(name: string, changes: Partial<MemberState['standing']> = {}, role: Known['member']['role'] = 'primary'): Known {
  const found = { isWritable: true, timeline: 1, position: 0n, lagMs: 0, ...changes }
  return { member: { name, url: '', role, weight: 1, tags: [] }, state: { ...UNKNOWN, health: 'up', standing: found } }
}

const isDown = ({ member, state: of }: Known): Known => ({ member, state: { ...of, health: 'down' } })

test('the member that gets the writes is up, accepts them, is no replica, was not replaced, and nobody that is up is on a newer timeline', () => {
  fc.assert(
    fc.property(group, memory, (members, before) => {
      const now = remembered(before, members)
      const choice = chooseWriter(members, now)
      if (isRefusal(choice)) {
        expect(choice.code).toBe('SPY_WRITER_MISSING')
        return
      }
      const chosen = members.find(({ member }) => member === choice)!
      expect(chosen.state).toMatchObject({ health: 'up', standing: { isWritable: true } })
      expect(choice.role).not.toBe('replica')
      expect(now.deposed.has(choice.name)).toBe(false)
      expect(chosen.state.standing!.timeline).toBeGreaterThanOrEqual(before.timeline)
      for (const { member, state: of } of members)
        if (of.health === 'up' && of.standing && !(member.role === 'replica' && of.standing.isWritable))
          expect(of.standing.timeline).toBeLessThanOrEqual(chosen.state.standing!.timeline)
    }),
  )
})

test('a refusal names why for each member', () => {
  fc.assert(
    fc.property(group, memory, (members, before) => {
      const choice = chooseWriter(members, { ...remembered(before, members), writer: 'a' })
      if (isRefusal(choice)) expect([...choice.obstacles.keys()]).toEqual(members.map(({ member }) => member.name))
    }),
  )
})

test('who gets the writes keeps them while nothing speaks against it, however far others have come', () => {
  fc.assert(
    fc.property(group, memory, (members, before) => {
      const now = remembered(before, members)
      const choice = chooseWriter(members, now)
      if (isRefusal(choice)) return
      expect(nameOf(chooseWriter(members, followed(now, choice.name, members)))).toBe(choice.name)
    }),
  )
})

test('an old primary that comes back accepting writes is not followed, whether its timeline says so or not', () => {
  for (const timeline of [0, 1]) {
    const [a, b] = [known('a', { timeline }), known('b', { timeline, isWritable: false })]
    let now = followed(remembered(NOTHING, [a, b]), nameOf(chooseWriter([a, b], NOTHING)), [a, b])
    expect(now.writer).toBe('a')
    const promoted = known('b', { timeline: timeline && 2 })
    now = followed(remembered(now, [isDown(a), promoted]), nameOf(chooseWriter([isDown(a), promoted], now)), [isDown(a), promoted])
    expect(now.writer).toBe('b')
    const back = known('a', { timeline, position: 99n })
    expect(nameOf(chooseWriter([back, promoted], remembered(now, [back, promoted])))).toBe('b')
    expect(nameOf(chooseWriter([back, isDown(promoted)], remembered(now, [back, isDown(promoted)])))).toBe('SPY_WRITER_MISSING')
    // rebuilt as a copy and promoted, it is one of the group again
    now = remembered(now, [known('a', { timeline: timeline && 2, isWritable: false }), promoted])
    const again = known('a', { timeline: timeline && 3 })
    expect(nameOf(chooseWriter([again, isDown(promoted)], remembered(now, [again, isDown(promoted)])))).toBe('a')
  }
})

test('a primary that was cut off loses the writes to one on a newer timeline though it still accepts them', () => {
  const [a, b] = [known('a'), known('b', { timeline: 2 })]
  expect(nameOf(chooseWriter([a, b], remembered({ ...NOTHING, writer: 'a', timeline: 1 }, [a, b])))).toBe('b')
})

test('the first choice waits until each has answered or is down', () => {
  const silent: Known = { ...known('b'), state: UNKNOWN }
  expect(nameOf(chooseWriter([known('a'), silent], NOTHING))).toBe('SPY_WRITER_MISSING')
  expect(nameOf(chooseWriter([known('a'), isDown(silent)], NOTHING))).toBe('a')
  expect(nameOf(chooseWriter([known('a'), silent], { ...NOTHING, writer: 'a' }))).toBe('a')
})

test('without a writer so far the one whose log has come furthest is chosen', () => {
  expect(nameOf(chooseWriter([known('a', { position: 1n }), known('b', { position: 2n })], NOTHING))).toBe('b')
})

const withGtid = (name: string, gtid: string, role?: Known['member']['role']): Known => known(name, { timeline: 0, gtid }, role)

test('without timelines the writer is one of several only if it has all transactions of the others and more', () => {
  const choice = (...sets: string[]) =>
    nameOf(
      chooseWriter(
        sets.map((gtid, i) => withGtid(NAMES[i] ?? '', gtid)),
        NOTHING,
      ),
    )
  // a died with a hundred transactions that b never got; b was promoted and has written fifty
  expect(choice('0-1-200', '0-1-100,0-2-150')).toBe('SPY_WRITER_MISSING')
  expect(choice('0-1-100', '0-1-100,0-2-150')).toBe('b')
  expect(choice('0-1-100,0-2-150', '0-1-100', '0-1-90')).toBe('a')
  expect(choice('0-1-100,0-2-150', '0-1-100', '0-1-90,0-3-91')).toBe('SPY_WRITER_MISSING')
  expect(choice('0-1-7', '0-1-7')).toBe('SPY_WRITER_MISSING')
  expect(choice('0-1-7', '')).toBe('SPY_WRITER_MISSING')
  expect(choice('', '')).toBe('SPY_WRITER_MISSING')
  expect(choice('0-1-7', 'no GTID')).toBe('SPY_WRITER_MISSING')
  expect(choice('')).toBe('a')
})

test('those that cannot be told apart are ambiguous, with a writer in memory that is down as well; one made read-only settles it', () => {
  const [a, b, c] = [withGtid('a', '0-1-200'), withGtid('b', '0-1-100,0-2-150'), withGtid('c', '')]
  const refusal = chooseWriter([a, b, isDown(c)], { ...NOTHING, writer: 'c' })
  expect(isRefusal(refusal) && [...refusal.obstacles]).toEqual([
    ['a', 'ambiguous'],
    ['b', 'ambiguous'],
    ['c', 'down'],
  ])
  expect(nameOf(chooseWriter([known('a', { timeline: 0, isWritable: false }), b], NOTHING))).toBe('b')
  expect(nameOf(chooseWriter([withGtid('a', '0-1-200', 'replica'), b], NOTHING))).toBe('b')
})

test('one that was not chosen because it has less does not get the writes later, when the other is down', () => {
  const [a, b] = [withGtid('a', '0-1-100'), withGtid('b', '0-1-100,0-2-150')]
  const memory = followed(NOTHING, nameOf(chooseWriter([a, b], NOTHING)), [a, b])
  expect(memory).toMatchObject({ writer: 'b', deposed: new Set(['a']) })
  const refusal = chooseWriter([a, isDown(b)], memory)
  expect(isRefusal(refusal) && refusal.obstacles.get('a')).toBe('outdated')
})

test('a replica that somebody made writable for himself changes nothing', () => {
  const members = [known('a'), known('b', { timeline: 7 }, 'replica')]
  expect(nameOf(chooseWriter(members, remembered(NOTHING, members)))).toBe('a')
})

test('a read goes to a copy that is up, on the timeline of the group, back for long enough and not too far behind, or else to the writer', () => {
  fc.assert(
    fc.property(group, memory, fc.option(fc.constantFrom('eu', 'reports'), { nil: undefined }), (members, now, tag) => {
      const found = readers(members, now, { tag }, limits)
      if (isRefusal(found)) {
        expect(found.code).toBe('SPY_READER_MISSING')
        expect([...found.obstacles.keys()].toSorted()).toEqual(members.map(({ member }) => member.name).toSorted())
        return
      }
      expect(found.length).toBeGreaterThan(0)
      for (const one of found) {
        if (tag !== undefined) expect(one.tags).toContain(tag)
        if (one.name === now.writer) continue
        const { health, standing: of, upSince } = members.find(({ member }) => member === one)!.state
        expect([health, of?.isWritable, one.weight > 0, limits.now - upSince >= limits.restoreAfterMs]).toEqual(['up', false, true, true])
        expect(of?.lagMs).toBeLessThanOrEqual(limits.maxLagMs)
        expect(of!.timeline === 0 || of!.timeline >= now.timeline).toBe(true)
      }
    }),
  )
})

test('a member that was tried is not chosen again', () => {
  fc.assert(
    fc.property(group, memory, fc.subarray([...NAMES]), (members, now, tried) => {
      const found = readers(members, now, { not: new Set(tried) }, limits)
      if (!isRefusal(found)) for (const { name } of found) expect(tried).not.toContain(name)
    }),
  )
})

test('reads are shared by weight', () => {
  const [a, b] = [
    { ...known('a').member, weight: 3 },
    { ...known('b').member, weight: 1 },
  ]
  const drawn = Array.from({ length: 100 }, (_, i) => oneOf([a, b], 'weight', i / 100, () => 0).name)
  expect([drawn.filter((name) => name === 'a').length, drawn.filter((name) => name === 'b').length]).toEqual([75, 25])
})

test('the one with the fewest lent connections for its weight is taken', () => {
  const [a, b] = [
    { ...known('a').member, weight: 3 },
    { ...known('b').member, weight: 1 },
  ]
  const lent = (of: Record<string, number>) => oneOf([a, b], 'least', 0, (name) => of[name] ?? 0).name
  expect([lent({ a: 2, b: 1 }), lent({ a: 4, b: 1 })]).toEqual(['a', 'b'])
})

test('one of the members is always found', () => {
  fc.assert(
    fc.property(
      group,
      fc.constantFrom('weight' as const, 'least' as const),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (all, balance, draw) => {
        const members = all.map(({ member }) => member)
        expect(members).toContain(oneOf(members, balance, draw, () => 1))
      },
    ),
  )
})

test('a timeline that no member is on any more is forgotten at a start, once all have answered; as long as one may be on it, it is not', () => {
  const before: Memory = { ...NOTHING, timeline: 5, isRestored: true }
  const restored = [known('a', { timeline: 2 }), known('b', { timeline: 2, isWritable: false })]
  expect(remembered(before, restored).timeline).toBe(2)
  expect(remembered(before, [known('a', { timeline: 2 }), known('b', { timeline: 0, isWritable: false })]).timeline).toBe(5)
  const [a, b] = restored as [Known, Known]
  expect(remembered(followed(before, 'a', restored), restored).timeline).toBe(5)
  expect(remembered(before, [a, { ...b, state: { ...b.state, health: 'down' } }]).timeline).toBe(5)
})
