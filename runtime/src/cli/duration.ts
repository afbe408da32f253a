/** A time span as the value of an option. */
import { durationMs } from '@spyglass/process/admin-socket'
import { fail } from '../errors.ts'

/** In milliseconds. @throws SPY_ARGUMENT_UNKNOWN */
export function durationOption(text: string, option: string): number {
  const ms = durationMs(text)
  if (ms !== undefined) return ms
  throw fail('SPY_ARGUMENT_UNKNOWN', [`--${option} ${text} is not a time such as 90s, 30m, 8h or 7d`])
}
