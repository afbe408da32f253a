/** What came of a test of rules, for people. */
import type { TestedRule, Verdict } from './test-rules.ts'

/** A line for each recording, then what is otherwise; and whether all is well. */
export function reportOf(tested: readonly TestedRule[], verdicts: readonly Verdict[]): { readonly text: string; readonly isGood: boolean } {
  const byRule = Map.groupBy(verdicts, ({ rule }) => rule)
  const untested = tested.filter(({ recordings }) => recordings.length === 0).map(({ rule }) => rule.name)
  const wrong = verdicts.filter(({ problems }) => problems.length > 0)
  const lines = [
    ...[...byRule].flatMap(([rule, own]) => [rule, ...own.flatMap(linesOf), ...(own[0]?.cannot ?? []).map((text) => `  ${text}`)]),
    ...untested.map((name) => `${name}\n  not tested: nothing is recorded`),
    '',
    `${verdicts.length - wrong.length} of ${verdicts.length} recordings of ${byRule.size} rules fire and clear as they should, in every engine that can have the rule`,
  ]
  return { text: `${lines.join('\n')}\n`, isGood: wrong.length === 0 }
}

function linesOf({ it, fires, problems }: Verdict): readonly string[] {
  return [`  ${problems.length === 0 ? 'good ' : 'wrong'}  ${fires}: ${it}`, ...problems.map((problem) => `         ${problem}`)]
}
