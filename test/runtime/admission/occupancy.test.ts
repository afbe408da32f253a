import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Occupancy } from '../../../runtime/src/admission/occupancy.ts'

test('a request takes a place until it ends, and counts for the turn in which it began', () => {
  const occupancy = new Occupancy()
  const epoch = occupancy.enter()
  expect([occupancy.taken, occupancy.begun]).toEqual([1, 1])
  occupancy.leave(epoch)
  expect([occupancy.taken, occupancy.inFlight, occupancy.begun]).toEqual([0, 0, 1])
  occupancy.turn()
  expect(occupancy.begun).toBe(0)
})

test('one that has been under way for a second takes none, and gives none back when it ends', () => {
  const occupancy = new Occupancy()
  const epoch = occupancy.enter()
  occupancy.advance(3)
  expect(occupancy.taken).toBe(1)
  occupancy.advance(1)
  expect([occupancy.taken, occupancy.inFlight]).toEqual([0, 1])
  occupancy.leave(epoch)
  expect([occupancy.taken, occupancy.inFlight]).toEqual([0, 0])
})

test('so many may begin in a turn as have ended in one, and some more', () => {
  const occupancy = new Occupancy()
  for (let window = 0; window < 30; window++) {
    for (let turn = 0; turn < 10; turn++) {
      for (let i = 0; i < 4; i++) occupancy.leave(occupancy.enter())
      occupancy.turn()
    }
    expect(occupancy.windowEnded()).toBe(40)
  }
  expect(occupancy.pace).toBeCloseTo(5.2)
  expect([occupancy.windowEnded(), occupancy.pace.toFixed(1)]).toEqual([0, '5.2']) // without a turn there is nothing to learn
})

test('it counts as a list of the requests would', () => {
  const steps = fc.array(
    fc.oneof(
      fc.constant('enter'),
      fc.constant('turn'),
      fc.nat(20),
      fc.nat(9).map((epochs) => ({ epochs })),
    ),
    {
      maxLength: 200,
    },
  )
  fc.assert(
    fc.property(steps, (all) => {
      const occupancy = new Occupancy()
      const open: { token: number; at: number }[] = []
      let [now, begun] = [0, 0]
      for (const one of all) {
        if (one === 'enter') {
          open.push({ token: occupancy.enter(), at: now })
          begun++
        } else if (one === 'turn') {
          occupancy.turn()
          begun = 0
        } else if (typeof one === 'object') {
          occupancy.advance(one.epochs)
          now += one.epochs
        } else if (typeof one === 'number' && open[one]) {
          occupancy.leave(open.splice(one, 1)[0]!.token)
        }
        const young = open.filter(({ at }) => now - at < 4).length
        expect([occupancy.inFlight, occupancy.taken, occupancy.begun]).toEqual([open.length, young, begun])
      }
    }),
  )
})
