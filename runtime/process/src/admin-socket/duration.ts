/** A time span as people type it: `90s`, `30m`, `8h`, `7d`. */

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const MAX_MS = 3650 * 86_400_000

/** In milliseconds; undefined for anything else, and for more than ten years. */
export function durationMs(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const ms = Number(number) * (UNITS[unit] ?? Number.NaN)
  return ms > 0 && ms <= MAX_MS ? ms : undefined
}
