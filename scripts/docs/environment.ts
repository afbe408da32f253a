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
  ['SPYGLASS_READER_PASSWORD', 'Password for `spyglass-dashboards`. Unlike `--password`, it does not appear in process lists.'],
  ['SPYGLASS_NO_APT', '`1` keeps `npm test` from installing system packages.'],
  ['SPYGLASS_TEST_SUMMARY', 'File that a test run writes its summary to (`.cache/test-summary.json`).'],
  ['SPYGLASS_SOAK', 'Factor by which `npm run soak` multiplies the repetitions of a test (20).'],
]

export function environmentPage(): string {
  const introduction = [
    'The agent reads its settings from the environment; the server sets them for the instances it starts. An invalid value never',
    'keeps an application from starting: it is reported, and the default is used.',
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
