/**
 * An exception that nobody caught: its log record, and the requests that were running, go out before the process ends. The monitor event
 * is told of the exception and changes nothing about it.
 */
import process from 'node:process'
import { attr } from '../contract/telemetry.ts'
import { guarded } from '../guard/guard.ts'
import { errorText, errorTypeOf } from '../recorder/error-text.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { type LogSink, currentIds } from './log-sink.ts'

const MAX_RUNNING = 20

export function captureCrash(recorder: Recorder, sink: LogSink): void {
  process.on(
    'uncaughtExceptionMonitor',
    guarded('crash', (error: Error) => {
      sink.write({
        timeMs: Date.now(),
        severityNumber: 21,
        severityText: 'FATAL',
        body: errorText(error),
        attributes: {
          [attr.exceptionType]: errorTypeOf(error),
          [attr.exceptionMessage]: errorText(error),
          [attr.exceptionStack]: error instanceof Error ? error.stack : undefined,
        },
        ids: currentIds(recorder),
      })
      recorder.exportRunning(MAX_RUNNING)
    }),
  )
}
