import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { attempt } from '../guard/guard.ts'
import { errors } from './errors.ts'

/** In one line, and past process.stderr, which would be set up by being asked for. */
export function tellMistakes(mistakes: readonly string[]): void {
  if (mistakes.length === 0 || !isMainThread) return
  attempt('settings', () => writeSync(2, `SPY_AGENT_SETTINGS: ${errors.SPY_AGENT_SETTINGS.replace('%s', mistakes.join('; '))}\n`), 0)
}
