/** Numbers and times for people. Times are UTC in the data and shown in the zone of the browser. */

/** A figure; that of a process that is silent is not known. */
export type Figure = number | null | undefined

const UNKNOWN = '–'
const isKnown = (value: Figure): value is number => Number.isFinite(value)

/** `84 µs`, `0.42 ms`, `12.3 ms`, `1.24 s`, `2 m 03 s`. */
export function milliseconds(ms: Figure): string {
  if (!isKnown(ms)) return UNKNOWN
  if (ms > 0 && ms < 0.1) return `${Math.max(1, Math.round(ms * 1000))} µs`
  if (ms < 1) return `${trim(ms, 2)} ms`
  if (ms < 100) return `${trim(ms, 1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  return ms < 60_000 ? `${trim(ms / 1000, 2)} s` : ago(ms)
}

/** A longer time: `45 s`, `3 m 20 s`, `5 h 12 m`, `3 d 4 h`. */
export function ago(ms: Figure): string {
  if (!isKnown(ms)) return UNKNOWN
  const seconds = Math.max(0, Math.round(ms / 1000))
  const two = (n: number): string => String(n).padStart(2, '0')
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} m`
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`
}

/** Whole numbers with thin spaces: `10 000`. */
export function count(value: Figure): string {
  if (!isKnown(value)) return UNKNOWN
  return Math.round(value).toLocaleString('en').replaceAll(',', '\u202f')
}

/** `1 request`, `12 requests`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** Requests in a second, as precise as it matters. */
export function rate(value: number): string {
  if (value === 0) return '0/s'
  return `${value < 10 ? trim(value, 2) : value < 100 ? trim(value, 1) : count(value)}/s`
}

export function percent(ratio: Figure): string {
  if (!isKnown(ratio)) return UNKNOWN
  const value = ratio * 100
  return `${value === 0 ? 0 : value < 0.1 ? '< 0.1' : trim(value, value < 10 ? 1 : 0)} %`
}

export function bytes(value: Figure): string {
  if (!isKnown(value)) return UNKNOWN
  if (value < 1024) return `${value} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length, Math.floor(Math.log2(value) / 10))
  return `${trim(value / 1024 ** power, value / 1024 ** power < 10 ? 1 : 0)} ${units[power - 1]}`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' })

/** `14:03:22`, with the day when it is not today. */
export function time(ms: number): string {
  const date = new Date(ms)
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`
}

/** The whole of it, for titles. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toLocaleString('en-GB')} (${new Date(ms).toISOString()})`
}

function trim(value: number, digits: number): string {
  const text = value.toFixed(digits)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
