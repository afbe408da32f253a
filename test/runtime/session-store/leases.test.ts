import { expect, test } from 'vitest'
import { type Holder, Leases } from '../../../runtime/src/session-store/leases.ts'
import { ManualClock } from '../datasource/fixture.ts'

class Instance implements Holder {
  readonly told: (readonly [session: string, change: number])[] = []
  tellOld(session: string, change: number): void {
    this.told.push([session, change])
  }
}

function around(unknownForMs = 0) {
  const clock = new ManualClock()
  const leases = new Leases(clock, clock.now() + unknownForMs)
  const done: string[] = []
  const [one, other] = [new Instance(), new Instance()]
  return { clock, leases, one, other, done, change: (who: Holder, forMs = 1000) => leases.revoke('s', who, () => done.push('done'), forMs) }
}

test('who alone has a copy changes it at once, and keeps it', () => {
  const { leases, one, done, change } = around()
  leases.grant('s', one, 1000)
  change(one)
  expect([done, one.told, leases.has('s', one)]).toEqual([['done'], [], true])
})

test('a change is done when every other copy is confirmed as dropped', () => {
  const { leases, one, other, done, change } = around()
  leases.grant('s', one, 1000)
  leases.grant('s', other, 1000)
  change(one)
  expect([done, other.told, leases.has('s', other)]).toEqual([[], [['s', 1]], false])
  leases.confirmed(1)
  leases.confirmed(1)
  expect(done).toEqual(['done'])
})

test('an instance that does not answer is waited for until the time of its copy is over', () => {
  const { clock, leases, one, other, done, change } = around()
  leases.grant('s', other, 1000)
  clock.advance(400)
  change(one)
  clock.advance(599)
  expect(done).toEqual([])
  clock.advance(1)
  expect(done).toEqual(['done'])
})

test('one whose connection is closed has no copies any more', () => {
  const { leases, one, other, done, change } = around()
  leases.grant('s', other, 1000)
  change(one)
  leases.gone(other)
  expect(done).toEqual(['done'])
})

test('a second change while the first waits takes its copy from the first', () => {
  const { leases, one, other, done, change } = around()
  leases.grant('s', other, 1000)
  change(one)
  change(other)
  expect([leases.has('s', one), leases.has('s', other), one.told]).toEqual([false, true, [['s', 2]]])
  leases.confirmed(2)
  expect(done).toEqual(['done'])
})

test('a store that has just come back waits for the copies that the one before has lent', () => {
  const { clock, one, done, change } = around(1000)
  change(one)
  expect(done).toEqual([])
  clock.advance(1000)
  expect(done).toEqual(['done'])
  change(one)
  expect(done).toHaveLength(2)
})

test('what is over is forgotten', () => {
  const { clock, leases, one } = around()
  leases.grant('s', one, 10)
  leases.grant('t', one, 0)
  expect(leases.size).toBe(1)
  clock.advance(10)
  leases.sweep()
  expect(leases.size).toBe(0)
})
