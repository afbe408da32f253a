import { expect, test } from 'vitest'
import { type PprofProfile, SAMPLE_LABEL, sampledStacks } from '../../../agent/src/profile/folded-stacks.ts'

const strings = ['', SAMPLE_LABEL, 'hash', 'file:///app/src/users.js', '(anonymous:L#12:C#49)', 'node:events', 'run;\nme', 'other']
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

test('each sample has its stack, outermost first, with files relative to the source root, and the line of the application in it', () => {
  expect(sampledStacks(profile, '/app')).toEqual([
    { sample: 0, stack: '<anonymous> (node:events);hash (src/users.js:41)', location: 'src/users.js:41', nanos: 10_000_000 },
    { sample: 0, stack: '<anonymous> (node:events);hash (src/users.js:41)', location: 'src/users.js:41', nanos: 5_000_000 },
    { sample: 1, stack: 'run,,me', location: '', nanos: 7 },
    { sample: undefined, stack: 'hash (src/users.js:41)', location: 'src/users.js:41', nanos: 7 },
    { sample: undefined, stack: 'hash (src/users.js:41)', location: 'src/users.js:41', nanos: 7 },
    { sample: 1, stack: '?;<anonymous>', location: '', nanos: 9 },
  ])
})
