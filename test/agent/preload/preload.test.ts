import { expect, test } from 'vitest'
import { errors } from '../../../agent/src/preload/errors.ts'
import { TOOL_FILES, TOOL_PACKAGES } from '../../../agent/src/preload/tools.cjs'

test('what the preload says names the case and what to do', () => {
  expect(errors.SPY_AGENT_NODE).toMatch(/%s.*use Node 22\.15/)
  expect(errors.SPY_AGENT_START).toContain('%s')
})

test.each(['npm', 'typescript', 'vitest', 'eslint', '@nestjs/cli', 'mocha', 'tsx'])('%s is a tool', (name) => {
  expect(TOOL_PACKAGES.has(name)).toBe(true)
})

test.each(['npm-cli.js', 'npx-cli.js', 'yarn-4.9.1.cjs', 'pnpm.cjs', 'pnpx', 'yarn.js'])('%s is a tool wherever it lies', (name) => {
  expect(TOOL_FILES.test(name)).toBe(true)
})

test.each(['ts-node', 'next', 'n8n', 'express', ''])('%j is not a tool: it runs the application itself', (name) => {
  expect(TOOL_PACKAGES.has(name)).toBe(false)
})
