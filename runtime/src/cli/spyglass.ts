#!/usr/bin/env node
/** The command line. Each command has its own file; commands.ts declares them. */
import { parseArgs } from 'node:util'
import { parseOffset, type SpyglassConfig } from '@spyglass/process/checked-config'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { version } from '../identity.ts'
import { type CommandDeclaration, commands } from './commands.ts'
import { commandHelp, helpText } from './help.ts'
import { entryOf } from './part-scripts.ts'
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

/** Only the command that runs is loaded: `up` stays for as long as the service does. */
const runs: Readonly<Record<string, Run>> = {
  up: ({ values }) => up(values, 'all'),
  server: ({ values }) => up(values, 'edge'),
  collector: ({ raw }) => runScript(entryOf('@spyglass/collector', 'collector-main'), raw),
  store: ({ raw }) => runScript(entryOf('@spyglass/collector', 'store-main'), raw),
  'snmp-bridge': ({ raw }) => runScript(entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'), raw),
  status: async ({ values }) => print(await (await import('./inspect.ts')).status(await configOfServer(values))),
  list: async ({ values, words }) => print(await (await import('./inspect.ts')).list(await configOfServer(values), words[0])),
  get: async ({ values, words }) => print(await (await import('./inspect.ts')).get(await configOfServer(values), words)),
  reload: async ({ values, words }) => print([await (await import('./reload.ts')).reload(await configOfServer(values), words[0])]),
  mib: async ({ values }) => {
    const root = typeof values['root'] === 'string' ? values['root'] : (await configOf(values)).snmp.root
    return runScript(entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'), ['--print-mib', '--root', root])
  },
  'dashboards build': async ({ values }) => {
    const { ensureDataFolder, ensureSecrets } = await import('@spyglass/process/config')
    const { buildDashboards } = await import('./dashboards.ts')
    const config = await configOf(values)
    const folder = ensureDataFolder(config.data)
    const secrets = ensureSecrets(folder.secrets) // Grafana may be set up before the server first starts
    return buildDashboards({ config, secrets }, folder, typeof values['out'] === 'string' ? { out: values['out'] } : {})
  },
}

/** Resolves with the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '--version') return print([version])
  if (argv[0] === 'help') return main([...argv.slice(1), '--help'])
  const command = commands.find(({ name }) => name === argv.slice(0, name.split(' ').length).join(' '))
  const run = command && runs[command.name]
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) return print([command ? commandHelp(command) : helpText()])
  if (!run) throw fail('SPY_COMMAND_UNKNOWN', [argv[0]])
  const raw = argv.slice(command.name.split(' ').length)
  return run({ raw, ...parse(command, raw) })
}

function parse(
  { name, options, arguments: expected }: CommandDeclaration,
  raw: readonly string[],
): { values: Values; words: readonly string[] } {
  const { values, words } = parseWords(options, raw)
  const empty = Object.entries(values).find(([, value]) => value === '')
  if (empty) throw fail('SPY_ARGUMENT_MISSING', [`the value of --${empty[0]}`, name])
  if (expected && !expected.startsWith('[') && words.length === 0) throw fail('SPY_ARGUMENT_MISSING', [expected, name])
  const most = expected === undefined ? 0 : expected.endsWith('…') ? Infinity : 1
  if (words.length > most) throw fail('SPY_ARGUMENT_UNKNOWN', [`Unexpected argument '${words[most]}'`])
  return { values, words }
}

function parseWords(options: CommandDeclaration['options'], raw: readonly string[]): { values: Values; words: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...raw],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
      ),
      allowPositionals: true,
    })
    return { values, words: positionals }
  } catch (error) {
    throw fail('SPY_ARGUMENT_UNKNOWN', [error instanceof Error ? error.message : String(error)], error)
  }
}

/** The configuration a server runs with on that data folder, if one does: nobody has to repeat how it was started. */
async function configOfServer(values: Values): Promise<SpyglassConfig> {
  const { runningConfig } = await import('./running-config.ts')
  const config = await configOf(values)
  return values['config'] === undefined && values['port-offset'] === undefined ? (runningConfig(config.data) ?? config) : config
}

async function configOf({ config, data, 'port-offset': offset }: Values): Promise<SpyglassConfig> {
  const { loadConfig } = await import('@spyglass/process/config')
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
