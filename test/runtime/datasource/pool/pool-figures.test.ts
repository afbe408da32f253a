import { expect, test } from 'vitest'
import { PoolFigures } from '../../../../runtime/src/datasource/pool/pool-figures.ts'

test('waits and uses are counted apart, and the peak never falls', () => {
  const figures = new PoolFigures(() => 0)
  figures.lent(100, 3)
  figures.lent(0, 1)
  figures.returned(2000)
  figures.failed('gone')
  expect(figures.borrows).toBe(2)
  expect(figures.peakActive).toBe(3)
  expect(figures.waitP95).toBeCloseTo(0.1, 1)
  expect(figures.useP95).toBeCloseTo(2, 0)
  expect(figures.lastError).toBe('gone')
  expect(Date.now() - figures.lastErrorTime).toBeLessThan(5000)
})
