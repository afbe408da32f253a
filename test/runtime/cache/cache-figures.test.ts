import { expect, test } from 'vitest'
import { CacheFigures } from '../../../runtime/src/cache/cache-figures.ts'
import { ManualClock } from '../datasource/fixture.ts'

test('the hit ratio is that of the last one to two minutes', () => {
  const clock = new ManualClock()
  clock.advance(60_000 - (clock.now() % 60_000)) // at the begin of a minute
  const figures = new CacheFigures(clock)
  expect(figures.hitRatio).toBeUndefined()
  for (let i = 0; i < 4; i++) figures.miss()
  expect(figures.hitRatio).toBe(0)
  clock.advance(60_000)
  for (let i = 0; i < 12; i++) figures.hit()
  expect(figures.hitRatio).toBe(0.75)
  clock.advance(60_000)
  expect(figures.hitRatio).toBe(1)
  clock.advance(60_000)
  expect([figures.hitRatio, figures.hits, figures.misses]).toEqual([undefined, 12, 4])
  figures.hit()
  clock.advance(600_000)
  expect(figures.hitRatio).toBeUndefined()
})
