/** The access log of one application: what one line looks like, and where it goes. */
import { join } from 'node:path'
import type { Logger } from '@spyglass/process/logger'
import { AppendFile } from '../log-file/index.ts'
import type { AccessEntry } from './access-entry.ts'
import { type AccessForm, type Formatter, formatterOf } from './access-format.ts'

export interface AccessLogOptions {
  /** Folder of the access logs: `<data>/logs/access`. The file is `<application>.log`. */
  readonly folder: string
  readonly application: string
  readonly instance: string
  readonly logger: Logger
  /** `{ format: 'json' }` by default. */
  readonly form?: AccessForm | undefined
  /** Longest a line waits: 250 by default. */
  readonly flushMs?: number
  /** Maximum bytes that wait, 8 Mi by default; further lines are dropped and counted. */
  readonly maxBuffered?: number
}

export class AccessLog {
  readonly path: string
  readonly #format: Formatter
  readonly #file: AppendFile

  /** @throws SPY_ACCESS_PATTERN_INVALID */
  constructor({ folder, application, instance, logger, form = { format: 'json' }, ...buffering }: AccessLogOptions) {
    const path = (this.path = join(folder, `${application}.log`))
    this.#format = formatterOf(form, { instance, application })
    this.#file = new AppendFile({
      path,
      ...buffering,
      onFailure: (err) => logger.error({ err, file: path }, 'cannot write to the access log'),
      onRecovery: (dropped) => logger.info({ file: path, dropped }, 'writing to the access log again'),
    })
  }

  /** Lines that were lost because the disk did not take them. */
  get dropped(): number {
    return this.#file.dropped
  }

  write(entry: AccessEntry): void {
    this.#file.write(`${this.#format(entry)}\n`)
  }

  /** Resolves when everything written before is in the file. Never rejects. */
  flush(): Promise<void> {
    return this.#file.flush()
  }

  /** Writes what is left and closes the file; later lines are dropped. */
  stop(): Promise<void> {
    return this.#file.stop()
  }
}
