import { expect, test } from 'vitest'
import { cpuProfile } from '../../../../collector/src/console/browser/cpu-profile.ts'
import { inspectorStacks } from '../../../../agent/src/profile/inspector-stacks.ts'

const FOLDED = [
  'emit (node:events:489);handler (src/routes.js:9);<anonymous> (src/orders.js:50) 90000',
  'emit (node:events:489);handler (src/routes.js:9) 20000',
  '(idle) 5000',
].join('\n')

test('stacks become a tree of functions with their time, which is read back as it was', () => {
  const profile = cpuProfile(FOLDED)
  expect(profile.nodes.map(({ callFrame: { functionName, url, lineNumber } }) => [functionName, url, lineNumber])).toEqual([
    ['(root)', '', -1],
    ['emit', 'node:events', 488],
    ['handler', 'src/routes.js', 8],
    ['', 'src/orders.js', 49],
    ['(idle)', '', -1],
  ])
  expect(profile.nodes.map(({ children }) => children)).toEqual([[2, 5], [3], [4], [], []])
  expect(profile.endTime).toBe(115_000)
  const read = [...inspectorStacks(profile, '/app')].map(([stack, nanos]) => `${stack} ${nanos / 1000}`)
  expect(read.join('\n')).toBe(FOLDED)
})

test('lines that are none are left out', () => {
  expect(cpuProfile('\nnothing\n x\na -5')).toMatchObject({ samples: [], timeDeltas: [], endTime: 0 })
})
