/** docs/reference/environment.md, from the agent's declared settings. */
import { agentSettings } from '../../agent/src/settings/settings.ts'
import { code, document, section, table } from './markdown.ts'

interface AgentSetting {
  readonly env: string
  readonly description: string
  readonly default: unknown
  readonly defaultText?: string
  readonly allowed: string
}

/** Variables that programs of ours read besides the agent's. */
const others: readonly (readonly [name: string, meaning: string])[] = [
  ['SPYGLASS_READER_PASSWORD', 'Password for `spyglass-dashboards`, in place of `--password`, which a process list would show.'],
  ['SPYGLASS_NO_APT', '`1` keeps `npm test` from installing system packages.'],
  ['SPYGLASS_TEST_SUMMARY', 'File that a test run writes its summary to (`.cache/test-summary.json`).'],
  ['SPYGLASS_SOAK', 'How many times as often `npm run soak` repeats what a test repeats (20).'],
]

export function environmentPage(): string {
  const introduction = [
    'The agent reads its settings from the environment; the server sets them for the instances it starts. A value that is not acceptable never',
    'keeps an application from starting: it is reported, and the default stands in.',
  ].join('\n')
  const rows = Object.values<AgentSetting>(agentSettings).map((setting) => [
    code(setting.env),
    setting.allowed,
    setting.defaultText ?? code(String(setting.default)),
    setting.description,
  ])
  return document('Environment variables', introduction, [
    section('Agent', table(['Variable', 'Allowed', 'Default', 'Meaning'], rows)),
    section(
      'Tools',
      table(
        ['Variable', 'Meaning'],
        others.map(([name, meaning]) => [code(name), meaning]),
      ),
    ),
  ])
}
