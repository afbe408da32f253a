/** The lines that a server, one of its processes or an application wrote: of the server log, or of the file that an application has for its output. */
import type { FileHandle } from 'node:fs/promises'
import { messageOf } from '@spyglass/agent/contract'
import { dataFolder, outputFileOf, readChecked } from '@spyglass/process/checked-config'
import { fail } from '../errors.ts'
import { comingLines, endOfLines, openOrEmpty } from './file-lines.ts'
import { lastWritten, writtenSince } from './history.ts'
import { lineFilter } from './line-filter.ts'
import { rotatedFiles } from './rotated-files.ts'

export interface LogQuery {
  /** Data folder of the server, which need not run. */
  readonly root: string
  /** A process or an application. Default: all. */
  readonly name?: string | undefined
  /** How many of the last lines. */
  readonly count: number
  /** Only lines from this time on, in milliseconds since the epoch. */
  readonly since?: number | undefined
  /** Ends it. If omitted, it ends with the last line that there is. */
  readonly until?: AbortSignal
  /** An empty list is a sign of life after this time without lines. Default: never. */
  readonly quietMs?: number
}

/** The last lines, also of what was rotated, then those that come. @throws SPY_ARGUMENT_UNKNOWN when there is no log */
export async function* logLines({
  root,
  name,
  count,
  since,
  until,
  quietMs = Infinity,
}: LogQuery): AsyncGenerator<readonly string[], void> {
  const path = logFileOf(root, name)
  const isWanted = name === undefined ? () => true : lineFilter(name)
  const file = await openLog(path)
  let end: number
  try {
    end = until ? await endOfLines(file) : (await file.stat()).size // a line that is being written comes as a whole
    if (since === undefined) yield await lastWritten({ path, file, end }, count, isWanted)
    else yield* writtenSince({ path, file, end }, { since, count, isWanted })
  } finally {
    await file.close()
  }
  if (!until) return
  for await (const lines of comingLines(path, end, { signal: until, quietMs })) {
    const wanted = lines.filter(isWanted)
    if (wanted.length > 0 || lines.length === 0) yield wanted
  }
}

/** The server log, or the file that an application has for its output. */
function logFileOf(root: string, name: string | undefined): string {
  const config = readChecked(dataFolder(root).run)
  const folder = dataFolder(root, config?.logs.folder)
  const application = config?.applications.find((one) => one.name === name || (name?.startsWith(`${one.name}-`) && /-\d+$/.test(name)))
  return (application && outputFileOf(application, folder)) ?? folder.serverLog
}

async function openLog(path: string): Promise<FileHandle> {
  const file = await openOrEmpty(path).catch((error: unknown) => {
    throw fail('SPY_ARGUMENT_UNKNOWN', [`Cannot read the server log: ${messageOf(error)}`], error)
  })
  if ((await file.stat()).isFile() || (await rotatedFiles(path)).length > 0) return file
  await file.close()
  throw fail('SPY_ARGUMENT_UNKNOWN', [`There is no server log ${path}`])
}
