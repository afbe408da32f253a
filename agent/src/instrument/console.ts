/** Lines of `console`, by Node's own channels. */
import { format } from 'node:util'
import { onChannel } from './channels.ts'
import type { Instrumentation } from './instrumentation.ts'

const LEVELS = {
  'console.debug': { severityNumber: 5, severityText: 'DEBUG' },
  'console.log': { severityNumber: 9, severityText: 'INFO' },
  'console.info': { severityNumber: 9, severityText: 'INFO' },
  'console.warn': { severityNumber: 13, severityText: 'WARN' },
  'console.error': { severityNumber: 17, severityText: 'ERROR' },
} as const

export const consoleLines: Instrumentation = {
  name: 'console',
  by: 'channel',
  records: 'lines as log records',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach({ logs, ids }) {
    if (!logs) return
    for (const [channel, level] of Object.entries(LEVELS)) {
      onChannel(channel, (message: unknown[]) => {
        if (!isSent) logs.write({ timeMs: Date.now(), ...level, body: format(...message), ids: ids() })
      })
    }
  },
}

/** What is written now is the line of a logger that has been sent. */
let isSent = false

/** Calls `fn`, which writes a line that has been sent. */
export function asSent<R>(fn: () => R): R {
  const outer = isSent
  isSent = true
  try {
    return fn()
  } finally {
    isSent = outer
  }
}
