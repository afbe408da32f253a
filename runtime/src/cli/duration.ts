/** A time span as people type it: `90s`, `30m`, `8h`, `7d`. */
import { fail } from '../errors.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const MAX_MS = 3650 * 86_400_000

/** In milliseconds. @throws SPY_ARGUMENT_UNKNOWN */
export function durationMs(text: string, option: string): number {
  const [, number = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const ms = Number(number) * (UNITS[unit] ?? Number.NaN)
  if (ms > 0 && ms <= MAX_MS) return ms
  throw fail('SPY_ARGUMENT_UNKNOWN', [`--${option} ${text} is not a time such as 90s, 30m, 8h or 7d`])
}
