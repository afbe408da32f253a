import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findTool, missingTools, type SystemTool, systemTools } from '../../scripts/system-packages.ts'

test('a tool is either found at a path that exists or counted as missing', () => {
  const missing = new Set<string>(missingTools().map(({ program }) => program))
  for (const { program } of systemTools) {
    const path = findTool(program)
    expect(missing.has(program)).toBe(path === undefined)
    expect(path === undefined || existsSync(path)).toBe(true)
  }
})

test('every tool says why it is needed', () => {
  const tools: readonly SystemTool[] = systemTools
  expect(tools.filter(({ why, package: name }) => why === '' || name === '')).toEqual([])
})
