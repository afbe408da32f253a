/** Finds the data folder without loading the schema, which costs more CPU than a short command should. */
import { dirname, resolve } from 'node:path'
import { DEFAULT_DATA } from '../settings/default-data.ts'

export interface DataLocation {
  /** Configuration file. */
  readonly file?: string | undefined
  /** The data folder itself, relative to the working directory; wins over the file. */
  readonly data?: string | undefined
}

/**
 * The absolute path of the data folder that a server with this configuration uses. Of the file only the setting `data` is looked at.
 * @throws SPY_CONFIG_UNREADABLE, SPY_CONFIG_INVALID when the file is no YAML
 */
export async function locateData({ file, data }: DataLocation): Promise<string> {
  if (data !== undefined) return resolve(data)
  if (file === undefined) return resolve(DEFAULT_DATA)
  const { readYaml } = await import('./read-yaml.ts')
  const setting = readYaml(file)['data']
  return resolve(dirname(resolve(file)), typeof setting === 'string' ? setting : DEFAULT_DATA)
}
