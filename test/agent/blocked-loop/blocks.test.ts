import { expect, test } from 'vitest'
import { type BlockMessage, LoopBlocks } from '../../../agent/src/blocked-loop/blocks.ts'

const stack = (...frames: readonly string[]) => ({ frames, request: undefined, afterMs: 210 })

function blocksWith(...messages: BlockMessage[]) {
  return { blocks: new LoopBlocks(200, () => messages.shift(), 0), messages }
}

test('a late beat ends a block, whose stack is that of the beat before', () => {
  const { blocks } = blocksWith({ beat: 1, ...stack('busy (/app/a.js:1:1)') })
  blocks.beat(1, 50)
  blocks.beat(2, 1050)
  expect(blocks.within(0, 2000, 1060)).toEqual([{ startMs: 50, endMs: 1050, stacks: [stack('busy (/app/a.js:1:1)')] }])
  expect(blocks.within(1050, 2000, 1060)).toEqual([])
  expect(blocks.within(0, 50, 1060)).toEqual([])
})

test('a request that ends before the next beat sees the block that it is in', () => {
  const { blocks } = blocksWith({ beat: 1, ...stack('busy') }, { beat: 1, ...stack('later'), afterMs: 300 })
  blocks.beat(1, 50)
  expect(blocks.within(40, 700, 700)).toEqual([{ startMs: 50, endMs: 700, stacks: [stack('busy'), { ...stack('later'), afterMs: 300 }] }])
})

test('a block without an answer has no stack, and short delays are none', () => {
  const { blocks } = blocksWith()
  for (const [count, ms] of [
    [1, 50],
    [2, 240],
    [3, 700],
  ] as const)
    blocks.beat(count, ms)
  expect(blocks.within(0, 1000, 710)).toEqual([{ startMs: 240, endMs: 700, stacks: [] }])
})

test('only the last blocks are remembered', () => {
  const { blocks } = blocksWith()
  for (let count = 1; count <= 1000; count++) blocks.beat(count, count * 300)
  expect(blocks.within(0, 1e9, 300_001)).toHaveLength(64)
})
