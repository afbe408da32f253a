import { expect, test } from 'vitest'
import { JournalState } from '../../../../runtime/src/management/journal/journal-state.ts'
import { eventOf } from './events.ts'

const entry = (phase: 'raise' | 'clear' | 'note', number: number, key?: string) => ({
  entry: { position: number, source: 'shop-1', event: eventOf(phase, number), ...(key === undefined ? {} : { key }) },
})

test('an incident is open from its raise to its clear', () => {
  const state = new JournalState()
  state.apply(entry('raise', 1))
  state.apply(entry('raise', 2))
  state.apply(entry('note', 3))
  state.apply(entry('clear', 1))
  expect(state.open).toEqual([entry('raise', 2).entry])
})

test('the alert about an incident is open beside it, under the same id', () => {
  const state = new JournalState()
  const alert = { ...eventOf('raise', 1), name: 'spyglass.alert.firing' } as const
  state.apply(entry('raise', 1))
  state.apply({ entry: { position: 2, source: 'collector', event: alert } })
  state.apply(entry('clear', 1))
  expect(state.open.map(({ event }) => event.name)).toEqual(['spyglass.alert.firing'])
})

test('a raise or a clear of the same incident is a repeat, from any process of the source; a note only under the same number', () => {
  const state = new JournalState()
  for (const one of [entry('raise', 1, 'a 1'), entry('note', 2, 'a 2')]) state.apply(one)
  const heard = (phase: 'raise' | 'clear' | 'note', number: number, key: string) =>
    state.hasHeard({ source: 'shop-1', event: eventOf(phase, number), key })
  expect([heard('raise', 1, 'b 1'), heard('clear', 1, 'b 1'), heard('note', 2, 'a 2'), heard('note', 2, 'a 3')]).toEqual([
    true,
    false,
    true,
    false,
  ])
})

test('a process is in service until another one is, or none', () => {
  const state = new JournalState()
  for (const pid of [1, 2]) state.apply({ service: { source: 'shop-1', pid } })
  state.apply({ service: { source: 'blog-1', pid: 3 } })
  state.apply({ service: { source: 'blog-1' } })
  expect([...state.inService]).toEqual([['shop-1', 2]])
})

test('the state at the head of a segment replaces what was read before', () => {
  const state = new JournalState()
  state.apply(entry('raise', 1))
  state.apply({ service: { source: 'old', pid: 1 } })
  state.apply({ state: { open: [entry('raise', 2).entry], inService: [['shop-1', 5]] } })
  expect([state.open, [...state.inService]]).toEqual([[entry('raise', 2).entry], [['shop-1', 5]]])
  expect(state.hasHeard({ source: 'shop-1', event: eventOf('raise', 1) })).toBe(true)
})

test('beyond a thousand the oldest open incident is forgotten', () => {
  const state = new JournalState()
  for (let number = 0; number < 1001; number++) state.apply(entry('raise', number))
  expect([state.open.length, state.open[0]?.position]).toEqual([1000, 1])
})

test('what one source has told makes no repeat of what another one tells', () => {
  const state = new JournalState()
  state.apply(entry('raise', 1, 'a 1'))
  expect(state.hasHeard({ source: 'blog-1', event: eventOf('raise', 1), key: 'a 1' })).toBe(false)
})

test('a source that raises without end pushes out no open incident of another', () => {
  const state = new JournalState()
  const of = (source: string, number: number) => state.apply({ entry: { position: number, source, event: eventOf('raise', number) } })
  for (let number = 0; number < 400; number++) of('shop-1', number)
  for (let number = 400; number < 3000; number++) of('blog-1', number)
  expect([state.open.length, state.open.filter(({ source }) => source === 'shop-1').length, state.open[400]?.position]).toEqual([
    1000, 400, 2400,
  ])
})
