#!/usr/bin/env node
/** The command line. Each command lies in a file of its own; commands.ts declares them. */
import { parseArgs } from 'node:util'
import { ensureDataFolder, loadConfig, parseOffset, type SpyglassConfig } from '@spyglass/agent/config'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { version } from '../identity.ts'
import { type CommandDeclaration, commands } from './commands.ts'
import { buildDashboards } from './dashboards.ts'
import { commandHelp, helpText } from './help.ts'
import { get, list, status } from './inspect.ts'
import { entryOf } from './part-scripts.ts'
import { reload } from './reload.ts'
import { runScript } from './run-script.ts'
import { up } from './up.ts'

type Values = Readonly<Record<string, string | boolean | undefined>>

interface Invocation {
  readonly values: Values
  readonly words: readonly string[]
  /** Arguments as they were given, for commands that hand them on. */
  readonly raw: readonly string[]
}

type Run = (invocation: Invocation) => Promise<number>

const runs: Readonly<Record<string, Run>> = {
  up: ({ values }) => up(values, 'all'),
  server: ({ values }) => up(values, 'edge'),
  collector: ({ raw }) => runScript(entryOf('@spyglass/collector', 'collector-main'), raw),
  store: ({ raw }) => runScript(entryOf('@spyglass/collector', 'store-main'), raw, { env: { UV_THREADPOOL_SIZE: '16' } }),
  'snmp-bridge': ({ raw }) => runScript(entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'), raw),
  status: async ({ values }) => print(await status(configOf(values))),
  list: async ({ values, words }) => print(await list(configOf(values), words[0])),
  get: async ({ values, words }) => print(await get(configOf(values), words)),
  reload: async ({ values, words }) => print([await reload(configOf(values), words[0])]),
  mib: ({ values }) => {
    const root = typeof values['root'] === 'string' ? values['root'] : configOf(values).snmp.root
    return runScript(entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'), ['--print-mib', '--root', root])
  },
  'dashboards build': ({ values }) => {
    const config = configOf(values)
    const folder = ensureDataFolder(config.data)
    return buildDashboards(config, folder, typeof values['out'] === 'string' ? { out: values['out'] } : {})
  },
}

/** Settles with the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '--version') return print([version])
  if (argv.length === 0 || argv[0] === '--help' || argv[0] === '-h' || argv[0] === 'help') return print([helpText()])
  const command = commands.find(({ name }) => name === argv.slice(0, name.split(' ').length).join(' '))
  const run = command && runs[command.name]
  if (!run) throw fail('SPY_COMMAND_UNKNOWN', [argv[0]])
  const raw = argv.slice(command.name.split(' ').length)
  if (raw.includes('--help') || raw.includes('-h')) return print([commandHelp(command)])
  return run({ raw, ...parse(command, raw) })
}

function parse(
  { options, arguments: takesWords }: CommandDeclaration,
  raw: readonly string[],
): { values: Values; words: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...raw],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
      ),
      allowPositionals: takesWords !== undefined,
    })
    return { values, words: positionals }
  } catch (error) {
    throw fail('SPY_ARGUMENT_UNKNOWN', [error instanceof Error ? error.message : String(error)], error)
  }
}

function configOf({ config, data, 'port-offset': offset }: Values): SpyglassConfig {
  const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
  return loadConfig({ file: text(config), data: text(data), portOffset: parseOffset(text(offset)) })
}

function print(lines: readonly string[]): number {
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`spyglass: ${message} (${codeOf(error) ?? 'unexpected'})\n`)
  if (codeOf(error) === undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exitCode = 1
}
