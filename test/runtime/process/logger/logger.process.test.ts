import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('a line is JSON on standard error with process, level and ISO time, and secrets are replaced', () => {
  const script = fileURLToPath(new URL('../../../fixtures/keeper/logs.ts', import.meta.url))
  const { stderr, stdout } = spawnSync(process.execPath, ['--conditions=spyglass-source', script], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(JSON.parse(stderr)).toMatchObject({
    level: 'warn',
    process: 'test',
    msg: 'hello',
    user: 'u',
    nested: { kept: 1 },
    time: expect.stringMatching(/Z$/),
  })
  expect(stderr).not.toMatch(/p[1-5]"/)
})
