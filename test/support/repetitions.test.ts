import { afterEach, expect, test, vi } from 'vitest'
import { repetitions } from './repetitions.ts'

afterEach(() => vi.unstubAllEnvs())

test('a soak repeats as many times more as it asks for, and nothing else does', () => {
  vi.stubEnv('SPYGLASS_SOAK', '20')
  expect(repetitions(5)).toBe(100)
  vi.stubEnv('SPYGLASS_SOAK', 'nonsense')
  expect(repetitions(5)).toBe(5)
})
