/**
 * An exception that nobody caught: its log record is on disk before the process ends, with the requests that were running. The monitor
 * event observes the exception and does not change its handling.
 */
import process from 'node:process'
import { attr } from '../contract/telemetry.ts'
import { guarded } from '../guard/guard.ts'
import { errorText, errorTypeOf } from '../recorder/error-text.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { type LogSink, currentIds } from './log-sink.ts'

const MAX_STACK = 8192

/** `save` writes what is held to disk at once. */
export function captureCrash(recorder: Recorder, sink: LogSink, save: () => void): void {
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
          [attr.exceptionStack]: error instanceof Error ? String(error.stack).slice(0, MAX_STACK) : undefined,
        },
        ids: currentIds(recorder),
      })
      save()
    }),
  )
}
