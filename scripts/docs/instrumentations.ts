/** docs/reference/instrumentations.md: which libraries the agent records, in which versions and forms, and what their tests run them against. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { forms, type Instrumentation } from '../../agent/src/instrument/instrumentation.ts'
import { instrumentations } from '../../agent/src/instrument/table.ts'
import { code, document, section, table } from './markdown.ts'

const FORM_NAMES = { esm: 'ESM', cjs: 'CJS', tsx: 'tsx', bundle: 'bundle' } as const
const ROOT = join(import.meta.dirname, '../..')

/** What tests start, by the function of test/support that does. */
const SERVERS = {
  startPostgres: 'PostgreSQL',
  startMariaDb: 'MariaDB',
  startRedis: 'Redis',
  startRabbitMq: 'RabbitMQ',
  startKafka: 'the broker of librdkafka for tests',
} as const

/** What the agent has no row for, although applications use it often, and parts that no test reaches. */
const BESIDES = {
  'better-sqlite3':
    'versions below 13, whose native code a test would have to build first; what is patched was read to be the same from 8.0.0 on.',
  kafkajs: 'its transactions send by the same function as the rest, and no test has one: the broker for tests names no controller.',
  mongodb:
    'recorded by `@opentelemetry/instrumentation-mongodb` as other client spans of OpenTelemetry are. Neither is tested: Debian has no MongoDB server, and the licence of the server keeps others away.',
} as const

export function instrumentationsPage(): string {
  const introduction = [
    'What the agent records by itself. The name is that of `OTEL_NODE_DISABLED_INSTRUMENTATIONS`. `npx spyglass-agent doctor` compares the table with an application, and a log record',
    'some seconds after the start says what a process records. Other libraries are recorded by their OpenTelemetry instrumentations.',
  ].join('\n')
  const tests = testsOf()
  const rows = instrumentations.map((row) => [
    code(row.name),
    packageOf(row),
    row.by,
    row.records,
    ...forms.map((form) => worksIn(row, form)),
    testedWith(row, tests),
  ])
  return document('Instrumentations', introduction, [
    section('Libraries', table(['Name', 'Versions', 'Seen by', 'Records', ...forms.map((form) => FORM_NAMES[form]), 'Tested with'], rows)),
    section(
      'Forms',
      [
        '- ✓: a test runs the library in this form, with the servers of the last column where it talks to one. (✓): it was seen there by hand.',
        '- tsx: before or behind the agent on the command line, or in NODE_OPTIONS; `ts-node` and `swc-node` work in the same way.',
        '- bundle: bundled by esbuild. Channels work in any bundle. What is seen by a module hook needs the plugin, and source maps for the lines of the application:',
        "  `esbuild.build({ plugins: [spyglass()], sourcemap: true, … })` with `import { spyglass } from '@spyglass/agent/esbuild'`. A library that is bundled without it is named in one line on standard error",
        '  (`SPY_AGENT_BUNDLED`).',
      ].join('\n'),
    ),
    section('Not tested', untested()),
  ])
}

function packageOf({ package: library, versions }: Instrumentation): string {
  if (library === undefined) return 'Node.js'
  return versions ? `${code(library)} ${versions[0]} and later, below ${versions[1]}` : code(library)
}

function worksIn(row: Instrumentation, form: (typeof forms)[number]): string {
  if (!row.forms.includes(form)) return ''
  return row.untested === undefined ? '✓' : '(✓)'
}

/** The tests that run libraries in their forms. */
function testsOf(): readonly string[] {
  return globSync('test/agent/instrument/**/*.process.test.ts', { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), 'utf8'))
}

function testedWith({ name, untested: reason }: Instrumentation, tests: readonly string[]): string {
  if (reason !== undefined) return 'no test'
  const camel = name.replaceAll(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase())
  const own = tests.filter((text) => text.includes(`formsOf(${camel})`)).join('\n')
  return Object.entries(SERVERS)
    .flatMap(([start, server]) => (own.includes(`${start}(`) ? server : []))
    .join(', ')
}

function untested(): string {
  const rows = instrumentations.flatMap(({ name, untested: reason }) => (reason === undefined ? [] : [[name, reason]]))
  return [...rows, ...Object.entries(BESIDES)].map(([name = '', reason = '']) => `- ${code(name)}: ${reason}`).join('\n')
}
