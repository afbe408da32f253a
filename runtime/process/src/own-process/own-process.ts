/**
 * What each of our own processes (management, collector, store, snmp-bridge) begins with: configuration, data folder, secrets, log, and a
 * registry with its heap, event loop and what else every process has; and how it exits when it cannot start.
 */
import { flushCompileCache } from 'node:module'
import process from 'node:process'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry, type Registry, STALE_AFTER_MS } from '@spyglass/agent/registry'
import { registerRuntime } from '@spyglass/agent/runtime-metrics'
import { openProcessConfig, type ProcessConfig } from '../config/checked.ts'
import { type DamageReporter, damageReporter } from '../durable-file/index.ts'
import { emitWhenReady, keepEvents, tellKeeper } from '../keeper-link/index.ts'
import { LiveSettings } from '../live-settings/index.ts'
import { createLogger, type Logger, setLogLevels } from '../logger/index.ts'
import type { startErrors } from './errors.ts'
import { guardOutput } from '../output/index.ts'

/** Five times as long as in applications: these processes are at rest most of the time, and nobody waits for them. */
const LOOP_RESOLUTION_MS = 250

export interface OwnProcess extends ProcessConfig {
  readonly registry: Registry
  readonly logger: Logger
  /** New values of live settings, which are then in `config` as well. */
  readonly live: LiveSettings
  /** For the state files of the process: logs their damage and emits it as an event. */
  readonly onDamage: DamageReporter
}

/**
 * Reads `--config`, `--data` and `--port-offset`, or what the keeper has checked, and makes what is missing in the data folder.
 * @throws SPY_CONFIG_…, SPY_DATA_UNWRITABLE, SPY_SECRETS_INVALID
 */
export async function openOwnProcess(name: string, argv: readonly string[]): Promise<OwnProcess> {
  const { config, folder, secrets } = await openProcessConfig(argv)
  const logger = createLogger({ process: name, level: config.logs.level, levels: config.logs.levels })
  const registry = createRegistry({ kindNamed, staleAfterMs: STALE_AFTER_MS })
  keepEvents(registry)
  registerRuntime(registry, name, LOOP_RESOLUTION_MS)
  const onDamage = damageReporter({
    serverName: config.server.name,
    log: (fields, message) => logger.error(fields, message),
    emit: (event) => emitWhenReady(registry, event),
  })
  const live = new LiveSettings(config)
  live.onChange(['logs'], () => setLogLevels(config.logs))
  return { config, folder, secrets, registry, logger, live, onDamage }
}

export interface OwnProgram {
  /** Name of its command. */
  readonly command: string
  readonly summary: string
  /** Lines of `--help` on options of its own. */
  readonly options?: string
  readonly main: (argv: readonly string[]) => Promise<void>
}

/**
 * Runs a program of ours: `--help` prints its use; if it fails, says why in one line, to the keeper as well, and ends with code 1.
 */
export async function runOwnProcess(
  { command, summary, options = '', main }: OwnProgram,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  guardOutput(command.replace(/^spyglass-/, ''))
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(`${command}: ${summary}\n\n${COMMON_OPTIONS}${options}`)
    return
  }
  flushCompileCache() // all modules are loaded: a start that is killed later is a shorter one next time
  try {
    await main(argv)
  } catch (error) {
    const code = codeOf(error) ?? ('SPY_START_FAILED' satisfies keyof typeof startErrors)
    const message = messageOf(error)
    process.stderr.write(`${code}: ${message}\n`)
    tellKeeper({ type: 'failed', code, message }, () => process.exit(1))
  }
}

const COMMON_OPTIONS = `  --config FILE      configuration file (YAML); default: built-in defaults
  --data DIR         data folder; overrides the one in the configuration
  --port-offset N    added to every port
  --help             this text
`
