/**
 * An exception that nobody caught: its log record is on disk before the process ends, with the requests that were running. The monitor
 * event observes the exception and does not change its handling.
 */
import process from 'node:process'
import { attr } from '../contract/telemetry.ts'
import { guarded } from '../guard/guard.ts'
import { errorStack, errorText, errorTypeOf } from '../recorder/error-text.ts'
import type { FindIds, LogSink } from './log-sink.ts'

export interface CrashOptions {
  readonly findIds: FindIds
  readonly sink: LogSink
  /** Counts it. */
  readonly count: (error: unknown) => void
  /** Writes what is held to disk at once. */
  readonly save: () => void
}

export function captureCrash({ findIds, sink, count, save }: CrashOptions): void {
  process.on(
    'uncaughtExceptionMonitor',
    guarded('crash', (error: Error) => {
      // With a listener of its own the application may well live on.
      const isFatal = process.listenerCount('uncaughtException') === 0
      sink.write({
        timeMs: Date.now(),
        severityNumber: isFatal ? 21 : 17,
        severityText: isFatal ? 'FATAL' : 'ERROR',
        body: errorText(error),
        attributes: {
          [attr.exceptionType]: errorTypeOf(error),
          [attr.exceptionMessage]: errorText(error),
          [attr.exceptionStack]: errorStack(error),
        },
        ids: findIds(),
      })
      count(error)
      save()
    }),
  )
}
