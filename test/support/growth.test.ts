import { expect, test } from 'vitest'
import { growthExponent } from './growth.ts'

/** Every step needs the one before, so the compiler can leave none out. */
function count(steps: number): number {
  let sum = 0
  for (let i = 0; i < steps; i++) sum = (sum * 31 + i) % 1_000_003
  return sum
}

test('work in proportion to the size is told from work that grows with its square', () => {
  expect(growthExponent(50_000, (size) => () => count(size))).toBeLessThan(1.5)
  expect(growthExponent(500, (size) => () => count(size * size))).toBeGreaterThan(1.5)
})
