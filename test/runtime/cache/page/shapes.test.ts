import { expect, test } from 'vitest'
import { MAX_VARY, Shapes } from '../../../../runtime/src/cache/page/shapes.ts'
import { ManualClock } from '../../datasource/fixture.ts'

test('fields that answers vary by add up, to a few', () => {
  const shapes = new Shapes(new ManualClock())
  expect(shapes.varyOf('a')).toEqual([])
  expect([shapes.learn('a', ['b']), shapes.learn('a', ['a', 'b']), shapes.varyOf('a')]).toEqual([true, true, ['a', 'b']])
  const many = Array.from({ length: MAX_VARY }, (_, at) => `x${at}`)
  expect([shapes.learn('a', many), shapes.varyOf('a')]).toEqual([false, ['a', 'b']])
})

test('what was not to be kept is passed for a moment', () => {
  const clock = new ManualClock()
  const shapes = new Shapes(clock)
  shapes.pass('k')
  expect([shapes.isPassed('k'), shapes.isPassed('other')]).toEqual([true, false])
  clock.advance(2000)
  expect(shapes.isPassed('k')).toBe(false)
})

test('a client that always asks for new addresses takes no more memory', () => {
  const shapes = new Shapes(new ManualClock())
  for (let i = 0; i <= 10_000; i++) {
    shapes.learn(`a${i}`, ['accept'])
    shapes.pass(`k${i}`)
  }
  expect([shapes.varyOf('a0'), shapes.varyOf('a1'), shapes.isPassed('k0'), shapes.isPassed('k1')]).toEqual([[], ['accept'], false, true])
})
