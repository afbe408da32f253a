/** Runs an application's module, and gives what it exports. */
import Module, { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Entry } from './entry.ts'

type Exports = Readonly<Record<string, unknown>>

/** As Node would with the module on its command line: it is `require.main`, `import.meta.main` and `process.argv[1]`. */
export async function runAsMain(folder: string, entry: Entry): Promise<Exports> {
  if (entry.saysPort && process.env['PORT'] !== undefined) process.env['PORT'] = String(entry.port)
  Object.assign(process.env, withoutThoseSet(entry))
  process.argv.splice(1, process.argv.length, entry.file, ...entry.args)
  keepInspectorPort()
  await importAll(folder, entry)
  ;(Module as unknown as { runMain(): void }).runMain()
  return importFile(entry.file) // the same module, of which there is one
}

/**
 * The port of the inspector is this process's own. `node:cluster` would give workers the next one, and refuses to when it is 0, which means any:
 * https://nodejs.org/api/cluster.html#clustersettings
 */
function keepInspectorPort(): void {
  const inherited = process.execArgv.filter((flag) => !flag.startsWith('--inspect-port='))
  process.execArgv.splice(0, process.execArgv.length, ...inherited)
}

/** Beside other applications in one process: nothing of the process is the application's own. */
export async function runAsModule(folder: string, entry: Entry): Promise<Exports> {
  await importAll(folder, entry)
  return importFile(entry.file)
}

async function importAll(folder: string, { imports, loader: { preload = [] } }: Entry): Promise<void> {
  const { resolve } = createRequire(join(folder, 'package.json'))
  for (const specifier of [...imports, ...preload]) await importFile(resolve(specifier))
}

const importFile = async (path: string): Promise<Exports> => (await import(pathToFileURL(path).href)) as Exports

const withoutThoseSet = ({ environment, saysNodeEnv }: Entry): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => process.env[name] === undefined || (name === 'NODE_ENV' && saysNodeEnv)),
  )
