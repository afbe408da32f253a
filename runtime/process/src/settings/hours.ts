/** Hours of the week as settings have them: `mon-fri 08:00-18:00`, `sat,sun 10:00-16:00`, `22:00-06:00` of each night. */

export interface Hours {
  /** Days on which they begin; 0 is Sunday. */
  readonly days: ReadonlySet<number>
  /** Minutes of the day. An end that is no later than the beginning is on the next day. */
  readonly from: number
  readonly to: number
}

export const hoursCheck = {
  is: (text: string): boolean => parseHours(text) !== undefined,
  allowed: 'hours such as mon-fri 08:00-18:00, or 22:00-06:00 of every day',
} as const

export const timeZoneCheck = { is: isTimeZone, allowed: 'a time zone such as Europe/Berlin' } as const

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const FORM = /^(?:([a-z,-]+)\s+)?([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/
const DAY_MINUTES = 1440

/** Undefined when it is none. */
export function parseHours(text: string): Hours | undefined {
  const [, written, ...digits] = FORM.exec(text.trim()) ?? []
  const [fromHour, fromMinute, toHour, toMinute] = digits.map(Number)
  if (fromHour === undefined) return undefined
  const days = written === undefined ? new Set(DAYS.keys()) : daysOf(written)
  const [from, to] = [fromHour * 60 + fromMinute!, toHour! * 60 + toMinute!]
  return days === undefined || from === to || from >= DAY_MINUTES || to > DAY_MINUTES ? undefined : { days, from, to }
}

function daysOf(text: string): ReadonlySet<number> | undefined {
  const days = new Set<number>()
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-')
    const [from, to] = [first, last].map((name) => DAYS.indexOf(name as (typeof DAYS)[number]))
    if (from === undefined || to === undefined || from < 0 || to < 0 || rest.length > 0) return undefined
    for (let i = 0; i <= (to - from + 7) % 7; i++) days.add((from + i) % 7)
  }
  return days
}

/** Whether a time (in milliseconds since the epoch) is within some of them. Without a zone they are those of this machine. */
export function isWithin(all: readonly Hours[], time: number, timeZone?: string): boolean {
  const { day, minute } = momentOf(time, timeZone)
  return all.some(({ days, from, to }) => {
    if (from < to) return days.has(day) && minute >= from && minute < to
    return (days.has(day) && minute >= from) || (days.has((day + 6) % 7) && minute < to)
  })
}

const formats = new Map<string | undefined, Intl.DateTimeFormat>()

function momentOf(time: number, timeZone: string | undefined): { readonly day: number; readonly minute: number } {
  const format = formats.get(timeZone) ?? formatOf(timeZone)
  formats.set(timeZone, format)
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]))
  const day = DAYS.indexOf(parts['weekday']?.toLowerCase() as (typeof DAYS)[number])
  return { day, minute: Number(parts['hour']) * 60 + Number(parts['minute']) }
}

const formatOf = (timeZone: string | undefined): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

function isTimeZone(text: string): boolean {
  try {
    formatOf(text)
    return true
  } catch {
    return false
  }
}
