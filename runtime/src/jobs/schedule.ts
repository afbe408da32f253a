/** When a repeated job is due: each so many milliseconds, or by a cron expression in the time zone of the process. */

export interface Cron {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly daysOfMonth: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly daysOfWeek: ReadonlySet<number>
  /** Days count by either of the two if both are restricted, as in every cron. */
  readonly isEitherDay: boolean
}

export type Schedule = { readonly cron: string } | { readonly everyMs: number }

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** 29 February comes every four years, around 2100 after eight. */
const MAX_YEARS = 9

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@hourly': '0 * * * *',
}

interface Field {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ['', ...MONTHS] },
  { min: 0, max: 7, names: DAYS },
]

/** Minute, hour, day of month, month, day of week: numbers, names, ranges, steps and lists. Undefined: it is none. */
export function parseCron(text: string): Cron | undefined {
  const texts = (Object.hasOwn(MACROS, text) ? (MACROS[text] ?? '') : text).trim().split(/\s+/)
  if (texts.length !== FIELDS.length) return undefined
  const values = FIELDS.flatMap((field, at) => valuesOf(texts[at] ?? '', field) ?? [])
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = values
  if (!minutes || !hours || !daysOfMonth || !months || !daysOfWeek) return undefined
  if (daysOfWeek.has(7)) daysOfWeek.add(0)
  const isEitherDay = [texts[2], texts[4]].every((day) => !day?.startsWith('*'))
  return { minutes, hours, daysOfMonth, months, daysOfWeek, isEitherDay }
}

function valuesOf(text: string, field: Field): Set<number> | undefined {
  const values = new Set<number>()
  for (const part of text.toLowerCase().split(',')) {
    const [, range = '', step = '1'] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(part) ?? []
    const bounds = boundsOf(range, field, part.includes('/'))
    const by = Number(step)
    if (!bounds || by === 0) return undefined
    for (let value = bounds[0]; value <= bounds[1]; value += by) values.add(value)
  }
  return values
}

function boundsOf(range: string, { min, max, names = [] }: Field, isStepped: boolean): readonly [number, number] | undefined {
  if (range === '*') return [min, max]
  const number = (text: string): number =>
    names.includes(text) && text !== '' ? names.indexOf(text) : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  const [first = '', last] = range.split('-')
  const from = number(first)
  const to = last === undefined ? (isStepped ? max : from) : number(last)
  return from >= min && to <= max && from <= to && range.split('-').length <= 2 ? [from, to] : undefined
}

/**
 * The first minute after `after` that it names; undefined: there is none, as for 30 February. Of an hour that the clocks leave out there is none, one that they repeat
 * counts twice only where every hour does.
 */
export function nextRun(cron: Cron, after: number): number | undefined {
  let time = Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS
  const end = new Date(after)
  end.setFullYear(end.getFullYear() + MAX_YEARS)
  while (time <= end.getTime()) {
    const date = new Date(time)
    if (!cron.months.has(date.getMonth() + 1)) time = later(time, new Date(date.getFullYear(), date.getMonth() + 1, 1))
    else if (!isDay(cron, date)) time = later(time, new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1))
    else if (!cron.hours.has(date.getHours())) time += (60 - date.getMinutes()) * MINUTE_MS
    else if (cron.minutes.has(date.getMinutes()) && !isRepeated(cron, date)) return time
    else time += MINUTE_MS
  }
  return undefined
}

const later = (time: number, date: Date): number => Math.max(time + MINUTE_MS, date.getTime())

function isDay({ daysOfMonth, daysOfWeek, isEitherDay }: Cron, date: Date): boolean {
  const [ofMonth, ofWeek] = [daysOfMonth.has(date.getDate()), daysOfWeek.has(date.getDay())]
  return isEitherDay ? ofMonth || ofWeek : ofMonth && ofWeek
}

const isRepeated = ({ hours }: Cron, date: Date): boolean =>
  hours.size < 24 && new Date(date.getTime() - HOUR_MS).getHours() === date.getHours()

/** When a schedule is due next; undefined: never. `after`: when it was due last, or is set. */
export function nextOf(schedule: Schedule, after: number, now: number): number | undefined {
  const from = Math.max(after, now)
  if ('everyMs' in schedule) return after + Math.max(1, Math.ceil((from - after + 1) / schedule.everyMs)) * schedule.everyMs
  const cron = parseCron(schedule.cron)
  return cron && nextRun(cron, from)
}
