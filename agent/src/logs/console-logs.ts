/** Lines of `console`, by Node's own channels. */
import { subscribe } from 'node:diagnostics_channel'
import { format } from 'node:util'
import { guarded } from '../guard/guard.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { type LogSink, currentIds } from './log-sink.ts'

const LEVELS = {
  'console.debug': { severityNumber: 5, severityText: 'DEBUG' },
  'console.log': { severityNumber: 9, severityText: 'INFO' },
  'console.info': { severityNumber: 9, severityText: 'INFO' },
  'console.warn': { severityNumber: 13, severityText: 'WARN' },
  'console.error': { severityNumber: 17, severityText: 'ERROR' },
} as const

export function captureConsole(sink: LogSink, recorder: Recorder): void {
  for (const [channel, level] of Object.entries(LEVELS)) {
    subscribe(
      channel,
      guarded(channel, (message: unknown) => {
        const body = format(...(message as unknown[]))
        sink.write({ timeMs: Date.now(), ...level, body, ids: currentIds(recorder) })
      }),
    )
  }
}
