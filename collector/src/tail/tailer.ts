/**
 * Brings the server log and the access logs into otel_logs. The offset of a file is part of the journal entry of the lines that it
 * follows: after a kill neither is there without the other, so each line is stored once.
 */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '@spyglass/agent/contract'
import { type Damage, openStateFile, type StateFile, wrongShape } from '@spyglass/process/durable-file'
import type { Logger } from '@spyglass/process/logger'
import { logBlock, type TimeWindow } from '../decode/index.ts'
import { redactRow, Redactor } from '../redact/index.ts'
import type { Submission, TailOffset } from '../wal/index.ts'
import { type LineOrigin, rowOfLine } from './log-line.ts'
import { TailedFile } from './tailed-file.ts'

/** What the tailer needs from the log. */
export interface TailTarget {
  append(submission: Submission): Promise<'stored' | 'repeated'>
  tailOffset(file: string): TailOffset | undefined
}

export interface TailerOptions {
  readonly serverLog: string
  /** Folder whose `*.log` files are access logs, each named after its application. */
  readonly accessLogs: string
  /** Folder whose `*.log` files are output of applications, in the form of the server log. */
  readonly outputs: string
  /** Files elsewhere, as they are now. */
  readonly others?: () => { readonly access: readonly string[]; readonly output: readonly string[] }
  /** Service of lines that name none. */
  readonly serverName: string
  /** UUID of the server whose logs these are. */
  readonly serverId: string
  readonly target: TailTarget
  readonly logger: Logger
  /** Lines with a time outside it are skipped. */
  readonly window: () => TimeWindow
  /** Removes from the lines what must not be stored. */
  readonly redactor?: Redactor
  /** Default 500. */
  readonly pollMs?: number
  readonly now?: () => number
}

const FOLDER_POLL_MS = 5000

export class Tailer {
  lines = 0
  readonly #options: TailerOptions
  readonly #files = new Map<string, TailedFile>()
  readonly #redactor: Redactor
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  /** Those that are access logs; the others have the form of the server log. */
  #access: ReadonlySet<string> = new Set()
  #foldersReadAt = Number.NEGATIVE_INFINITY
  #isFailing = false

  constructor(options: TailerOptions) {
    this.#options = options
    this.#redactor = options.redactor ?? new Redactor()
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Reads what is new in all files; resolves when it is durable. */
  async poll(): Promise<void> {
    await this.#findFiles()
    for (const file of this.#files.values()) {
      for (let batch = await file.next(); batch && !this.#stopping.signal.aborted; batch = await file.next()) {
        await this.#store(file.path, batch)
        file.advance(batch)
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    for (const file of this.#files.values()) await file.close()
    this.#files.clear()
  }

  async #run(): Promise<void> {
    const { pollMs = 500, logger } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        await this.poll()
        this.#isFailing = false
      } catch (error) {
        // The log file of this process is one of those that are read: logging this only once avoids a feedback loop.
        if (!this.#isFailing) logger.warn({ err: error }, 'cannot read log files; retrying')
        this.#isFailing = true
      }
      await delay(pollMs, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined) // woken by stop
    }
  }

  async #findFiles(): Promise<void> {
    const { serverLog, accessLogs, outputs, others, target, now = Date.now } = this.#options
    if (now() - this.#foldersReadAt < FOLDER_POLL_MS) return
    this.#foldersReadAt = now()
    const { access = [], output = [] } = others?.() ?? {}
    this.#access = new Set([...(await logsIn(accessLogs)), ...access])
    for (const path of [serverLog, ...(await logsIn(outputs)), ...output, ...this.#access]) {
      if (!this.#files.has(path)) this.#files.set(path, new TailedFile(path, target.tailOffset(path)))
    }
  }

  async #store(path: string, { lines, offset }: { lines: readonly string[]; offset: TailOffset }): Promise<void> {
    const { serverName, serverId, target, window, now = Date.now } = this.#options
    const isServer = !this.#access.has(path)
    const service = isServer ? serverName : basename(path, '.log')
    const origin: LineOrigin = { file: path, kind: isServer ? 'server' : 'access', service, server: serverName, serverId, readAt: now() }
    const { from, to } = window()
    const inTime = lines.map((line) => rowOfLine(line, origin)).filter(({ time }) => time / 1000 >= from && time / 1000 <= to)
    const rows = inTime.map((row) => redactRow(row, this.#redactor))
    const blocks = rows.length > 0 ? [logBlock(rows)] : []
    await target.append({ lane: 'others', hash: '', items: rows.length, blocks, tail: [offset] })
    this.lines += rows.length
  }
}

async function logsIn(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => name.endsWith('.log')).map((name) => join(folder, name))
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** What a damaged file costs. */
export const damagedOffsets = {
  fromPrevious: 'log lines since the previous copy may be stored twice',
  lost: 'the logs are read from the beginning, so lines may be stored twice',
}

/** Offsets from before the journals that are still there: `<state>/tail-offsets.json`. */
export function openOffsets(stateFolder: string, onDamage: (damage: Damage) => void = () => {}): StateFile<readonly TailOffset[]> {
  return openStateFile<readonly TailOffset[]>({ file: join(stateFolder, 'tail-offsets.json'), parse: offsetsOf, onDamage })
}

function offsetsOf(content: unknown): readonly TailOffset[] {
  if (!Array.isArray(content) || !content.every(isOffset)) throw wrongShape('it does not contain a list of offsets')
  return content
}

function isOffset(item: unknown): item is TailOffset {
  const { file, inode, offset } = (item ?? {}) as Partial<TailOffset>
  return typeof file === 'string' && typeof inode === 'number' && Number.isSafeInteger(offset)
}
