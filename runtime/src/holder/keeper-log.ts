/**
 * The server log as the holder and the decider write it: their own lines, in the shape pino gives the other processes' lines, and for the holder the
 * output of everything that it starts. Neither loads an npm package.
 */
import type { Readable } from 'node:stream'
import { messageOf } from '@spyglass/agent/contract'
import { redactText, redactValue } from '@spyglass/agent/redact'
import { droppedReport } from '@spyglass/process/output'
import { fail } from '../errors.ts'
import { LineFile, type OutputSource, ServerLog } from '../server-log/index.ts'

export interface KeeperLogOptions {
  /** The setting `logs.output`: the file, standard output of this process, or both. Default: the file. */
  readonly output?: 'file' | 'console' | 'both'
  /** Whether it must be possible to write to the file now. Default true; a decider comes back without a disk. */
  readonly mustOpen?: boolean
}

/** Holder and decider together. */
const NAME = 'keeper'

type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void

export interface KeeperLog {
  readonly file: string
  /** Never throws; a line that cannot be written is dropped and counted. */
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** Reads the output of a process to its end, and writes it with the names of its source: to `file`, if it has one of its own. */
  attach(source: OutputSource & { readonly file?: string | undefined }, stdout: Readable | null, stderr: Readable | null): void
  /** The file was renamed: the next lines go to a new one. It notices by itself as well. */
  reopen(): void
  /** Writes what is left. */
  close(): Promise<void>
}

/** @throws SPY_LOG_UNWRITABLE */
export function openKeeperLog(file: string, { output = 'file', mustOpen = true }: KeeperLogOptions = {}): KeeperLog {
  const toFile = output !== 'console'
  const console = output === 'file' ? undefined : process.stdout
  const own = toFile ? new LineFile(file, droppedReport(NAME, process.pid)) : undefined
  if (own && mustOpen) open(own)
  const children = new ServerLog({ path: file, toFile, console })
  const others = new Map<string, ServerLog>()
  const logOf = (path: string | undefined): ServerLog => {
    if (path === undefined) return children
    const known = others.get(path) ?? new ServerLog({ path })
    others.set(path, known)
    return known
  }
  const at =
    (level: string): Write =>
    (fields, msg) => {
      const head = { level, time: new Date().toISOString(), process: NAME, pid: process.pid }
      const line = `${JSON.stringify({ ...head, ...redactValue(fields), msg: redactText(msg) })}\n`
      own?.write(line)
      console?.write(line)
    }
  return {
    file,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    attach: ({ file: path, ...source }, stdout, stderr) => logOf(path).attach(source, stdout, stderr),
    reopen() {
      for (const log of [children, ...others.values()]) log.reopen()
    },
    async close() {
      await Promise.all([children, ...others.values()].map((log) => log.stop()))
      own?.close()
    },
  }
}

function open(file: LineFile): void {
  try {
    file.open()
  } catch (error) {
    throw fail('SPY_LOG_UNWRITABLE', [file.path, messageOf(error)], error)
  }
}
