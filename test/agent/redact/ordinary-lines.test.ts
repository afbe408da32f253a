import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { redactText } from '../../../agent/src/redact/free-text.ts'

const lines = readFileSync(new URL('../../fixtures/ordinary-log-lines.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')

test('lines of ordinary logs stay as they are', () => {
  expect(lines.length).toBeGreaterThan(300)
  const changed = lines.map((line) => [line, redactText(line)]).filter(([line, after]) => line !== after)
  expect(changed).toEqual([])
})

test('so do they as one text', () => {
  for (let i = 0; i < lines.length; i += 20) {
    const text = lines.slice(i, i + 20).join('\n')
    expect(redactText(text)).toBe(text)
  }
})
