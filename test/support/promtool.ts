/** promtool of Debian's package prometheus, as the judge of what a scrape returns. */
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'
import { requireTool } from './require-tool.ts'

/** What `promtool check metrics` has to say about this text: nothing when it is in order. */
export function metricProblems(context: TestContext, text: string): string {
  const { status, stdout, stderr } = spawnSync(requireTool(context, 'promtool'), ['check', 'metrics'], { input: text, encoding: 'utf8' })
  return `${stdout}${stderr}` || (status === 0 ? '' : `promtool ended with ${status}`)
}
