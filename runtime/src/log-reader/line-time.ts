/** When a line was written, and since when lines are asked for. */
import { durationMs } from '@spyglass/process/admin-socket'

const TIME = /"time":(?:"([^"\\]{1,40})"|(\d{10,16}))/
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/** In milliseconds since the epoch; undefined for a line that does not say it. */
export function timeOf(line: string): number | undefined {
  const [, text, number] = TIME.exec(line) ?? []
  const time = text === undefined ? Number(number) : Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

/** `30m`, `8h`, `7d` ago, or a date, with a time or without: in local time unless it names its zone. Undefined: neither. */
export function sinceOf(text: string, now: number = Date.now()): number | undefined {
  const ago = durationMs(text)
  if (ago !== undefined) return now - ago
  if (!DATE.test(text)) return undefined
  const time = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'))
  return Number.isNaN(time) ? undefined : time
}
