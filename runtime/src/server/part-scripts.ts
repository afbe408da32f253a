/**
 * Paths of the entry modules of processes. The command line starts them by path and imports none of them; a package that is not
 * installed is reported by name.
 */
import { fileURLToPath } from 'node:url'
import { fail } from '../errors.ts'

const OWN_ENDING = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** Whether this runs from source: children then need the export condition that leads to sources. */
export const fromSource = OWN_ENDING === '.ts'

/** Flags of every child. */
export const baseExecArgv: readonly string[] = fromSource ? ['--conditions=spyglass-source'] : []

/**
 * The path of an entry module beside a package's door: `entryOf('@spyglass/collector', 'store-main')`.
 * @throws SPY_PART_MISSING
 */
export function entryOf(packageName: string, module: string): string {
  return fileURLToPath(new URL(`${module}${OWN_ENDING}`, doorOf(packageName)))
}

/** The path of an entry module of this package. */
export function ownEntry(module: string): string {
  return fileURLToPath(new URL(`../${module}${OWN_ENDING}`, import.meta.url))
}

/** The URL of the module that starts the agent: a bare specifier would be looked up from the application's folder. */
export function agentRegisterUrl(): string {
  return doorOf('@spyglass/agent/register')
}

/** The path of the module that keeps a full disk from ending a process that writes to standard output. */
export function guardOutputFile(): string {
  return fileURLToPath(doorOf('@spyglass/process/guard-output'))
}

function doorOf(specifier: string): string {
  try {
    return import.meta.resolve(specifier)
  } catch (error) {
    throw fail('SPY_PART_MISSING', [specifier], error)
  }
}
