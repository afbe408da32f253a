/** Where the logs of applications go, and what a line of an access log looks like: the settings of an application over those of all. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { SpyglassConfig } from '../settings/index.ts'
import type { DataFolder } from './data-folder.ts'

type Access = SpyglassConfig['logs']['access']

/** The access log of one application, or of what no application has. */
export interface AccessLogConfig {
  readonly enabled: boolean
  readonly format: Access['format']
  readonly pattern?: string | undefined
  /** Whether lines go to a file of their own, or where the output of the process goes. */
  readonly to: Access['to']
  readonly file: string
}

type Configured = {
  readonly logs: Pick<SpyglassConfig['logs'], 'access'>
  readonly applications: readonly Pick<SpyglassConfig['applications'][number], 'name' | 'accessLog'>[]
}

/** With absolute paths, as those of `config` are. */
export function accessLogOf(
  { logs, applications }: Configured,
  { accessLogs }: Pick<DataFolder, 'accessLogs'>,
  application: string,
): AccessLogConfig {
  const own = applications.find(({ name }) => name === application)?.accessLog ?? {}
  const { enabled = logs.access.enabled, format = logs.access.format, to = logs.access.to } = own
  const pattern = own.pattern ?? logs.access.pattern
  return { enabled, format, to, file: own.file ?? join(accessLogs, `${application}.log`), ...(pattern === undefined ? {} : { pattern }) }
}

/** The file for what an application writes to its standard output and error; undefined: the server log. */
export function outputFileOf(
  { name, output, outputFile }: Pick<SpyglassConfig['applications'][number], 'name' | 'output' | 'outputFile'>,
  { outputs }: Pick<DataFolder, 'outputs'>,
): string | undefined {
  return output === 'file' ? (outputFile ?? join(outputs, `${name}.log`)) : undefined
}

/** Files besides those in the folders of the logs: applications may have theirs elsewhere. */
export function otherLogFiles(config: Pick<SpyglassConfig, 'applications'>): {
  readonly access: readonly string[]
  readonly output: readonly string[]
} {
  const { applications } = config
  return {
    access: applications.flatMap(({ accessLog }) => accessLog.file ?? []),
    output: applications.flatMap(({ output, outputFile }) => (output === 'file' ? (outputFile ?? []) : [])),
  }
}

/** The same of the running server, which changes while it runs: `read` is called again when the file that it reads has changed. */
export function watchLogFiles(
  file: string,
  read: () => Pick<SpyglassConfig, 'applications'> | undefined,
): () => ReturnType<typeof otherLogFiles> {
  let [known, changedAt] = [otherLogFiles({ applications: [] }), -1]
  return () => {
    const { mtimeMs = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {}
    if (mtimeMs !== changedAt) known = otherLogFiles(read() ?? { applications: [] })
    changedAt = mtimeMs
    return known
  }
}
