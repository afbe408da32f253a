/** The access logs that one process writes: those of its applications, and that of requests that no application has. */
import type { AccessLogConfig } from '@spyglass/process/checked-config'
import type { Logger } from '@spyglass/process/logger'
import { AccessLog } from './access-log.ts'

export interface AccessLogsOptions {
  /** The settings of the log of an application, as they are now. */
  readonly configOf: (application: string) => AccessLogConfig
  readonly instance: string
  readonly logger: Logger
}

export class AccessLogs {
  readonly #options: AccessLogsOptions
  /** Each with whose settings it has, until it is stopped. */
  readonly #open = new Map<AccessLog, string>()

  constructor(options: AccessLogsOptions) {
    this.#options = options
  }

  /** A log whose lines name `application`, with the settings of another one if that is given. @throws SPY_ACCESS_PATTERN_INVALID */
  open(application: string, settingsOf = application): AccessLog {
    const { configOf, instance, logger } = this.#options
    const onStopped = (): boolean => this.#open.delete(log)
    const log = new AccessLog({ config: configOf(settingsOf), application, instance, logger, onStopped })
    this.#open.set(log, settingsOf)
    return log
  }

  /** Resolves when every line is in its file. */
  async flush(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((log) => log.flush()))
  }

  /** Settings have changed. One that cannot be used is reported, and the log goes on as before. */
  changed(): void {
    for (const [log, settingsOf] of this.#open) {
      try {
        log.configure(this.#options.configOf(settingsOf))
      } catch (error) {
        this.#options.logger.error(
          { err: error, application: settingsOf },
          'the settings of an access log cannot be used; it goes on as before',
        )
      }
    }
  }
}
