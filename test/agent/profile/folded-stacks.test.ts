import { expect, test } from 'vitest'
import { foldedStacks, type PprofProfile, REQUEST_LABEL } from '../../../agent/src/profile/folded-stacks.ts'

const strings = ['', REQUEST_LABEL, 'hash', 'file:///app/src/users.js', '(anonymous:L#12:C#49)', 'node:events', 'run;\nme', 'other']
const labelled = (num: number) => [{ key: 1, num }]

const profile: PprofProfile = {
  stringTable: { strings },
  function: [
    { id: 1, name: 2, filename: 3 },
    { id: 2, name: 4, filename: 5 },
    { id: 3, name: 6, filename: 0 },
  ],
  location: [
    { id: 1, line: [{ functionId: 1, line: 41n }] },
    { id: 2, line: [{ functionId: 2, line: 0 }] },
    { id: 3, line: [{ functionId: 3, line: 0 }] },
    { id: 4, line: [] },
  ],
  sample: [
    { locationId: [1, 2], value: [1, 10_000_000n, 5], label: labelled(0) },
    { locationId: [1, 2], value: [1, 5_000_000, 5], label: labelled(0) },
    { locationId: [3], value: [1, 7], label: labelled(1) },
    { locationId: [1], value: [1, 7], label: [] },
    { locationId: [1], value: [1, 7], label: [{ key: 7, num: 0 }] },
    { locationId: [4, 99], value: [1, 9], label: labelled(1) },
  ],
}

test('the stacks of each request add up, outermost first, with files relative to the source root', () => {
  expect(foldedStacks(profile, '/app')).toEqual(
    new Map([
      [0, new Map([['<anonymous> (node:events);hash (src/users.js:41)', 15_000_000]])],
      [
        1,
        new Map([
          ['run,,me', 7],
          ['?;<anonymous>', 9],
        ]),
      ],
    ]),
  )
})
