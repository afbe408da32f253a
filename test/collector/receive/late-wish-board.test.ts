import { expect, test } from 'vitest'
import { LateWishBoard } from '../../../collector/src/receive/late-wish-board.ts'

const id = (number: number): string => number.toString(16).padStart(32, '0')
const read = (answer: string | undefined) => {
  const [cursor = '', ...traceIds] = answer?.split(' ') ?? []
  return { cursor, traceIds }
}

test('a wish reaches every other reader once, and not the one that had it', () => {
  const board = new LateWishBoard('b1')
  const [one, other] = [read(board.answer('0')), read(board.answer('0'))]
  const said = read(board.answer(`${one.cursor} ${id(7)} ${id(8)}`))
  expect(said.traceIds).toEqual([])
  const heard = read(board.answer(other.cursor))
  expect(heard.traceIds).toEqual([id(7), id(8)])
  expect(read(board.answer(heard.cursor)).traceIds).toEqual([])
  expect(read(board.answer(said.cursor)).traceIds).toEqual([])
  board.answer(`${heard.cursor} ${id(8)} ${id(9)}`)
  expect(read(board.answer(said.cursor)).traceIds).toEqual([id(9)])
})

test('a new reader hears what comes from now on, and one of an earlier boot everything', () => {
  const board = new LateWishBoard('b2')
  board.answer(`0 ${id(1)}`)
  expect(read(board.answer('0')).traceIds).toEqual([])
  expect(read(board.answer('b1.900')).traceIds).toEqual([id(1)])
})

test('an answer has at most 200 traces, and the next one goes on behind them', () => {
  const board = new LateWishBoard('b')
  const { cursor } = read(board.answer('0'))
  for (let from = 0; from < 500; from += 100) {
    board.answer(`0 ${Array.from({ length: 100 }, (_, at) => id(from + at)).join(' ')}`)
  }
  const heard: string[] = []
  let at = cursor
  for (let turn = 0; turn < 4; turn++) {
    const answer = board.answer(at) ?? ''
    expect(answer.length).toBeLessThan(8192)
    heard.push(...read(answer).traceIds)
    at = read(answer).cursor
  }
  expect(heard).toEqual(Array.from({ length: 500 }, (_, number) => id(number)))
})

test('it forgets the oldest', () => {
  const board = new LateWishBoard('b', 10)
  const { cursor } = read(board.answer('0'))
  for (let number = 0; number < 25; number++) board.answer(`0 ${id(number)}`)
  const { traceIds } = read(board.answer(cursor))
  expect(traceIds.length).toBeLessThan(20)
  expect(traceIds).toEqual(Array.from({ length: traceIds.length }, (_, at) => id(25 - traceIds.length + at)))
})

test.each([undefined, '', 'x', '0,', ['0'], 'b.-1', `b.1${' '.repeat(3)}`, `0 ${'g'.repeat(32)}`])('%j adds nothing', (header) => {
  const board = new LateWishBoard('b')
  const { cursor } = read(board.answer('0'))
  board.answer(header)
  expect(read(board.answer(cursor)).traceIds).toEqual([])
})
