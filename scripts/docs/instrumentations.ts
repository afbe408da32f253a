/** docs/reference/instrumentations.md: which libraries the agent records, in which versions and forms. */
import { forms, type Instrumentation } from '../../agent/src/instrument/instrumentation.ts'
import { instrumentations } from '../../agent/src/instrument/table.ts'
import { code, document, section, table } from './markdown.ts'

const FORM_NAMES = { esm: 'ESM', cjs: 'CJS', tsx: 'tsx', bundle: 'bundle' } as const

export function instrumentationsPage(): string {
  const introduction = [
    'What the agent records by itself. The name is that of `OTEL_NODE_DISABLED_INSTRUMENTATIONS`. `npx spyglass-agent doctor` compares the table with an application, and a log record',
    'some seconds after the start says what a process records. Other libraries are recorded by their OpenTelemetry instrumentations.',
  ].join('\n')
  const rows = instrumentations.map((row) => [
    code(row.name),
    packageOf(row),
    row.by,
    row.records,
    ...forms.map((form) => worksIn(row, form)),
  ])
  return document('Instrumentations', introduction, [
    section('Libraries', table(['Name', 'Versions', 'Seen by', 'Records', ...forms.map((form) => FORM_NAMES[form])], rows)),
    section(
      'Forms',
      [
        '- tsx: before or behind the agent on the command line, or in NODE_OPTIONS; `ts-node` and `swc-node` work in the same way.',
        '- bundle: bundled by esbuild. Channels work in any bundle. What is seen by a module hook needs the plugin, and source maps for the lines of the application:',
        "  `esbuild.build({ plugins: [spyglass()], sourcemap: true, … })` with `import { spyglass } from '@spyglass/agent/esbuild'`. A library that is bundled without it is named in one line on standard error",
        '  (`SPY_AGENT_BUNDLED`).',
      ].join('\n'),
    ),
  ])
}

function packageOf({ package: library, versions }: Instrumentation): string {
  if (library === undefined) return 'Node.js'
  return versions ? `${code(library)} ${versions[0]} and later, below ${versions[1]}` : code(library)
}

const worksIn = (row: Instrumentation, form: (typeof forms)[number]): string => (row.forms.includes(form) ? '✓' : '')
