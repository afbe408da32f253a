/**
 * The server log: the output of every process, line by line, in one file. The process that starts the others reads their output from pipes, so that a file
 * that was rotated is left by all of them at once, and every line names who wrote it. Imports no package.
 */
import type { Readable } from 'node:stream'
import { AppendFile } from '../log-file/index.ts'
import { OutputLines, type OutputSource } from './output-lines.ts'

export interface ServerLogOptions {
  readonly path: string
  /** Also, or instead, to this stream. Default: only to the file. */
  readonly console?: { write(text: string): unknown } | undefined
  /** Whether lines go to the file. Default true. */
  readonly toFile?: boolean
  /** Longest a line waits: 50 ms by default. */
  readonly flushMs?: number
}

/** Above this a process that writes faster than the disk has to wait, as if its standard output were the file. */
const PAUSE_AT = 4_194_304
const RESUME_MS = 20

export class ServerLog {
  readonly path: string
  readonly #options: ServerLogOptions
  readonly #file: AppendFile
  readonly #paused = new Set<Readable>()
  #resuming: NodeJS.Timeout | undefined

  constructor(options: ServerLogOptions) {
    const { path, flushMs = 50 } = options
    this.path = path
    this.#options = options
    this.#file = new AppendFile({
      path,
      flushMs,
      maxBuffered: 2 * PAUSE_AT,
      onRecovery: (dropped) => this.write(`${droppedLine(dropped)}\n`),
    })
  }

  /** Lines that were lost because the disk did not take them. */
  get dropped(): number {
    return this.#file.dropped
  }

  /** Reads the output of a process to its end. */
  attach(source: OutputSource, stdout: Readable | null, stderr: Readable | null): void {
    if (stdout) this.#read(stdout, new OutputLines(source, 'stdout', (line) => this.write(line)))
    if (stderr) this.#read(stderr, new OutputLines(source, 'stderr', (line) => this.write(line)))
  }

  /** Appends a line, which ends with a line break. Never throws. */
  write(line: string): void {
    const { console, toFile = true } = this.#options
    if (toFile) this.#file.write(line)
    console?.write(line)
  }

  /** After a rotation by others: the next lines go to the file of that name. It notices by itself as well. */
  reopen(): void {
    this.#file.reopen()
  }

  /** Resolves when everything written before is in the file. Never rejects. */
  flush(): Promise<void> {
    return this.#file.flush()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#resuming)
    await this.#file.stop()
  }

  #read(stream: Readable, lines: OutputLines): void {
    stream.on('data', (chunk: Buffer) => {
      lines.write(chunk)
      if (this.#file.bufferedBytes > PAUSE_AT) this.#pause(stream)
    })
    stream.on('end', () => lines.end())
    stream.on('error', () => lines.end()) // a process that was killed may take its pipe with it
    stream.on('close', () => this.#paused.delete(stream))
  }

  #pause(stream: Readable): void {
    this.#paused.add(stream.pause())
    this.#resuming ??= setInterval(() => this.#resume(), RESUME_MS)
  }

  #resume(): void {
    if (this.#file.bufferedBytes > PAUSE_AT) return
    clearInterval(this.#resuming)
    this.#resuming = undefined
    for (const stream of this.#paused) stream.resume()
    this.#paused.clear()
  }
}

function droppedLine(dropped: number): string {
  return JSON.stringify({
    level: 'warn',
    time: new Date().toISOString(),
    process: 'keeper',
    pid: process.pid,
    dropped,
    msg: 'log lines were dropped',
  })
}
