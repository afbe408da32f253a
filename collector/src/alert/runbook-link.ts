/** Where the page for the person on call is. Those that come with the version are served by the console, so that the link needs no other network. */
import { runbookOf, runbookPages, type Rule } from '@spyglass/dashboards'

/** Undefined for a rule that has none: one of the user's own that names neither an address nor a page of ours. `base`: of the console. */
export function runbookLink(rule: string, base: string, rules: readonly Rule[] = []): string | undefined {
  const runbook = rules.find(({ name }) => name === rule)?.runbook ?? runbookOf(rule)
  if (/^https?:\/\//.test(runbook)) return runbook
  const [, page = ''] = /^docs\/runbooks\/([\w-]+)\.md$/.exec(runbook) ?? []
  return runbookPages().includes(page) ? `${base}/runbooks/${page}` : undefined
}
