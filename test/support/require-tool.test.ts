import type { TestContext } from 'vitest'
import { afterEach, expect, test, vi } from 'vitest'
import { requireTool } from './require-tool.ts'

afterEach(() => vi.unstubAllEnvs())

/** A context that records why it was skipped. */
const context = { skip: (reason: string) => reason } as unknown as TestContext

test('a missing tool leaves the test out with its package, and fails it in CI', () => {
  vi.stubEnv('CI', '')
  // No machine has a program of this name.
  const missing = 'no-such-program' as 'curl'
  expect(requireTool(context, missing)).toContain('no-such-program is not installed')
  vi.stubEnv('CI', 'true')
  expect(() => requireTool(context, missing)).toThrow('no-such-program is not installed')
})
