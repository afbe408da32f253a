/** The access log of one application: what one line looks like, and where it goes. Both may change while it is written. */
import type { AccessLogConfig } from '@spyglass/process/checked-config'
import type { Logger } from '@spyglass/process/logger'
import { AppendFile } from '../log-file/index.ts'
import type { AccessEntry } from './access-entry.ts'
import { type Formatter, formatterOf } from './access-format.ts'

export interface AccessLogOptions {
  readonly config: AccessLogConfig
  /** Name in the lines. */
  readonly application: string
  readonly instance: string
  readonly logger: Logger
  /** Takes lines with `to: output`. Default: standard output, which the holder reads. */
  readonly output?: { write(line: string): unknown }
  /** Longest a line waits: 250 by default. */
  readonly flushMs?: number
  /** Maximum bytes that wait, 8 Mi by default; further lines are dropped and counted. */
  readonly maxBuffered?: number
  /** Called when everything is in the file and it is closed. */
  readonly onStopped?: () => void
}

export class AccessLog {
  readonly #options: AccessLogOptions
  readonly #output: NonNullable<AccessLogOptions['output']>
  #config: AccessLogConfig
  #format: Formatter
  #file: AppendFile | undefined
  #droppedBefore = 0
  #isStopped = false

  /** @throws SPY_ACCESS_PATTERN_INVALID */
  constructor(options: AccessLogOptions) {
    this.#options = options
    this.#output = options.output ?? process.stdout
    this.#config = options.config
    this.#format = formatterOf(options.config, options)
    this.#file = this.#openFile()
  }

  /** Whether requests are logged; if not, nobody need make an entry. */
  get isEnabled(): boolean {
    return this.#config.enabled
  }

  /** The file, whether or not lines go there now. */
  get path(): string {
    return this.#config.file
  }

  /** Lines that were lost because the disk did not take them. */
  get dropped(): number {
    return this.#droppedBefore + (this.#file?.dropped ?? 0)
  }

  write(entry: AccessEntry): void {
    if (!this.#config.enabled) return
    const line = this.#format(entry)
    if (this.#file) this.#file.write(`${line}\n`)
    else this.#output.write(`${this.#config.format === 'json' ? line : this.#wrapped(line)}\n`)
  }

  /** The next lines are as the new settings say. @throws SPY_ACCESS_PATTERN_INVALID, and nothing changes */
  configure(config: AccessLogConfig): void {
    this.#format = formatterOf(config, this.#options)
    const isSameFile = config.file === this.#config.file && config.to === this.#config.to
    this.#config = config
    if (isSameFile || this.#isStopped) return
    this.#droppedBefore = this.dropped
    void this.#file?.stop()
    this.#file = this.#openFile()
  }

  /** Resolves when everything written before is in the file. Never rejects. */
  async flush(): Promise<void> {
    await this.#file?.flush()
  }

  /** Writes what is left and closes the file; later lines are dropped. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#file?.stop()
    this.#options.onStopped?.()
  }

  #openFile(): AppendFile | undefined {
    const { logger, flushMs, maxBuffered } = this.#options
    const { file, to } = this.#config
    if (to === 'output') return undefined
    return new AppendFile({
      path: file,
      ...(flushMs === undefined ? {} : { flushMs }),
      ...(maxBuffered === undefined ? {} : { maxBuffered }),
      onFailure: (err) => logger.error({ err, file }, 'cannot write to the access log'),
      onRecovery: (dropped) => logger.info({ file, dropped }, 'writing to the access log again'),
    })
  }

  /** The server log is JSON: a line of another format is its message. */
  #wrapped(msg: string): string {
    const { application, instance } = this.#options
    return JSON.stringify({ level: 'info', time: new Date().toISOString(), component: 'access', msg, application, process: instance })
  }
}
