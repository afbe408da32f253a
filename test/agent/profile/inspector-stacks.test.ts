import { expect, test } from 'vitest'
import { inspectorStacks } from '../../../agent/src/profile/inspector-stacks.ts'

const node = (id: number, functionName: string, { url = '', line = -1, children = [] as number[] } = {}) => ({
  id,
  callFrame: { functionName, url, lineNumber: line },
  children,
})

const nodes = [
  node(1, '(root)', { children: [2, 4, 5] }),
  node(2, 'serve', { url: 'file:///app/src/serve.js', line: 6, children: [3] }),
  node(3, '', { url: 'node:crypto', line: 0 }),
  node(4, '(idle)'),
  node(5, '(program)'),
]

test('each sample stands for the time up to the next, the last for that to the end; stacks have the outermost function first', () => {
  const stacks = inspectorStacks(
    { nodes, startTime: 1000, endTime: 1600, samples: [3, 3, 4, 2, 5], timeDeltas: [50, 100, 200, 25, 75] },
    '/app',
  )
  expect(stacks).toEqual(
    new Map([
      ['serve (src/serve.js:7);<anonymous> (node:crypto:1)', 300_000],
      ['(idle)', 25_000],
      ['serve (src/serve.js:7)', 75_000],
      ['(program)', 150_000],
    ]),
  )
})

test('samples out of order, of the root alone, or of unknown nodes break nothing', () => {
  expect(inspectorStacks({ nodes, startTime: 0, endTime: 10, samples: [1, 99, 2], timeDeltas: [0, 5, -3] }, '/app')).toEqual(
    new Map([['serve (src/serve.js:7)', 8000]]),
  )
  expect(inspectorStacks({ nodes, startTime: 0, endTime: 10 }, '/app')).toEqual(new Map())
})
