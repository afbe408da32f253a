import { expect, test } from 'vitest'
import type { EncodedRecord } from '@spyglass/agent/otlp'
import { LateWishes, type LateWishesOptions } from '../../../../agent/src/recorder/wishes/late-wishes.ts'
import { LateWishBoard } from '../../../../collector/src/receive/late-wish-board.ts'

const id = (number: number): string => number.toString(16).padStart(32, '0')
const span = (traceId: string) => ({ traceId, spanId: '01'.repeat(8), name: 'n', kind: 2, startMs: 1, endMs: 2 }) as const

function side(options: Partial<LateWishesOptions> = {}) {
  const sent: EncodedRecord[] = []
  const clock = { ms: 0 }
  const send = (records: readonly EncodedRecord[]): void => void sent.push(...records)
  const late = new LateWishes({ maxBytes: 1e6, exportIntervalMs: 1000, send, admit: () => true, now: () => clock.ms, ...options })
  /** One export, answered by `answer`. */
  const exports = (answer: (header: string) => string | undefined): string | undefined => {
    const headers = late.headers()
    const header = headers?.['spyglass-wishes']
    const answered = header === undefined ? undefined : answer(header)
    late.answered(headers, new Map(answered === undefined ? [] : [['spyglass-wishes', answered]]))
    return header
  }
  return { late, sent, clock, exports }
}

test('a wish of one goes by the collector to another, which sends what it held', () => {
  const board = new LateWishBoard()
  const answer = (header: string) => board.answer(header)
  const [parent, child] = [side(), side()]
  parent.exports(answer)
  child.exports(answer)
  child.late.hold(id(1), [span(id(1)), span(id(1))], 0)
  child.late.hold(id(2), [span(id(2))], 0)
  parent.late.want(id(1))
  parent.exports(answer)
  child.exports(answer)
  expect(child.sent.length).toBe(2)
  expect(child.late.isWanted(id(1))).toBe(true) // other requests of the trace may still run
  expect(child.late.isWanted(id(2))).toBe(false)
  expect(parent.exports(answer)?.split(' ').slice(1)).toEqual([]) // it is told once
})

test('a wish is told again until it is answered', () => {
  const board = new LateWishBoard()
  const { late, exports } = side()
  exports((header) => board.answer(header))
  late.want(id(3))
  const headers = late.headers()
  expect(headers?.['spyglass-wishes']).toContain(id(3)) // and then there was no answer
  expect(exports((header) => board.answer(header))).toContain(id(3))
  expect(exports((header) => board.answer(header))).not.toContain(id(3))
})

test('a collector that knows nothing of it is asked once a minute, and nothing is held back for it', () => {
  const { late, clock, exports } = side()
  const asked = Array.from({ length: 120 }, (_, second) => {
    clock.ms = second * 1000
    late.want(id(second))
    return exports(() => undefined)
  })
  expect(asked.filter((header) => header !== undefined)).toEqual(['0', '0'])
  expect(late.isOpen).toBe(false)
})

test('what others want takes a place, or is not sent', () => {
  const board = new LateWishBoard()
  const { late, sent, exports } = side({ admit: () => false })
  exports((header) => board.answer(header))
  late.hold(id(4), [span(id(4))], 0)
  board.answer(`0 ${id(4)}`)
  exports((header) => board.answer(header))
  expect(sent).toEqual([])
  expect(late.heldBytes).toBe(0)
})

test('what is remembered of wishes is bounded', () => {
  const board = new LateWishBoard()
  const { late, exports } = side()
  exports((header) => board.answer(header))
  for (let number = 0; number < 10_000; number++) late.want(id(number))
  const told = new Set<string>()
  for (let turn = 0; turn < 40; turn++)
    for (const each of exports((header) => board.answer(header))
      ?.split(' ')
      .slice(1) ?? [])
      told.add(each)
  expect(told.size).toBe(2000)
  expect(told.has(id(9999))).toBe(true)
})
