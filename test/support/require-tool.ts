import type { TestContext } from 'vitest'
import { findTool, systemTools, type ToolName } from '../../scripts/system-packages.ts'

/** The path of a program that the test needs. Where it is missing, the test is skipped with the reason; in CI it fails. */
export function requireTool(context: TestContext, program: ToolName): string {
  const path = findTool(program)
  if (path !== undefined) return path
  const reason = `${program} is not installed (package ${systemTools.find((tool) => tool.program === program)?.package})`
  if (process.env['CI']) throw new Error(reason)
  return context.skip(reason)
}
