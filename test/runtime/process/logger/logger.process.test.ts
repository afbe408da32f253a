import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { redactLine } from '../../../../runtime/process/src/logger/logger.ts'

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

test('one set of rules for every line: fields at any depth, texts and errors', () => {
  const line = (fields: object): string => `${JSON.stringify({ level: 'info', time: '2026-11-26T14:00:00.000Z', ...fields })}\n`
  expect(redactLine(line({ msg: 'x', a: { b: [{ sessionId: 's' }] } }))).toBe(line({ msg: 'x', a: { b: [{ sessionId: '[redacted]' }] } }))
  expect(redactLine(line({ msg: 'Bearer abc123', err: { stack: 'Error: password=x\n at y' } }))).toBe(
    line({ msg: 'Bearer [redacted]', err: { stack: 'Error: password=[redacted]\n at y' } }),
  )
  expect(redactLine(line({ headers: [['X-Api-Key', 's']] }))).toBe(line({ headers: [['X-Api-Key', '[redacted]']] }))
  expect(redactLine('token=abc\n')).toBe('token=[redacted]\n')
  const plain = line({ msg: 'ready', port: 4318 })
  expect(redactLine(plain)).toBe(plain)
})
