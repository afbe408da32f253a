import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextOf, nextRun, parseCron } from '../../../runtime/src/jobs/schedule.ts'
import { repository } from '../../support/suite.ts'

const MINUTE_MS = 60_000
const at = (text: string): number => new Date(text).getTime()
const next = (cron: string, after: string): string | undefined => {
  const found = nextRun(parseCron(cron)!, at(after))
  return found === undefined ? undefined : new Date(found).toString().slice(0, 21)
}

test.for([
  ['30 2 * * *', '2026-11-28T02:29:59', 'Sat Nov 28 2026 02:30'],
  ['30 2 * * *', '2026-11-28T02:30:00', 'Sun Nov 29 2026 02:30'],
  ['*/15 9-17 * * mon-fri', '2026-11-28T10:00:00', 'Mon Nov 30 2026 09:00'],
  ['5,10 0 1 jan *', '2026-11-28T00:00:00', 'Fri Jan 01 2027 00:05'],
  ['0 0 29 2 *', '2026-11-28T00:00:00', 'Tue Feb 29 2028 00:00'],
  ['0 12 13 * 5', '2026-11-28T00:00:00', 'Fri Dec 04 2026 12:00'],
  ['0 0 * * 7', '2026-11-28T00:00:00', 'Sun Nov 29 2026 00:00'],
  ['50/5 * * * *', '2026-11-28T01:50:00', 'Sat Nov 28 2026 01:55'],
  ['@daily', '2026-11-28T00:00:00', 'Sun Nov 29 2026 00:00'],
] as const)('%s after %s is due at %s', ([cron, after, expected]) => {
  expect(next(cron, after)).toBe(expected)
})

test('30 February is never', () => {
  expect(next('0 0 30 2 *', '2026-11-28T00:00:00')).toBeUndefined()
})

test.for([
  '',
  '* * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '*/0 * * * *',
  '5-3 * * * *',
  'a * * * *',
  '1-2-3 * * * *',
  '-1 * * * *',
  '@never',
])('"%s" is no cron expression', (text) => {
  expect(parseCron(text)).toBeUndefined()
})

const field = (min: number, max: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min, max }).map(String),
    fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  )

test('the next run is the first minute that the expression names, and no minute before it is one', () => {
  fc.assert(
    fc.property(fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(0, 6)), fc.integer({ min: 0, max: 500_000 }), (fields, offset) => {
      const [minute, hour, day, week] = fields
      const cron = parseCron(`${minute} ${hour} ${day} * ${week}`)!
      const after = at('2026-06-01T00:00:00Z') + offset * MINUTE_MS
      const found = nextRun(cron, after)!
      const isNamed = (time: number): boolean => {
        const date = new Date(time)
        const [ofMonth, ofWeek] = [cron.daysOfMonth.has(date.getDate()), cron.daysOfWeek.has(date.getDay())]
        return (
          cron.minutes.has(date.getMinutes()) &&
          cron.hours.has(date.getHours()) &&
          (cron.isEitherDay ? ofMonth || ofWeek : ofMonth && ofWeek)
        )
      }
      expect([found > after, found % MINUTE_MS, isNamed(found)]).toEqual([true, 0, true])
      for (let time = found - MINUTE_MS, looked = 0; time > after && looked < 500; time -= MINUTE_MS, looked++)
        expect(isNamed(time)).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('text of any kind is parsed or refused, and never hangs', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseCron(text)))
})

test('when clocks change, a job of an hour that is left out waits for the next day, and one of a repeated hour runs once', () => {
  const script = `
    import { nextRun, parseCron } from './runtime/src/jobs/schedule.ts'
    const runs = (cron, from, count) => {
      const all = []
      for (let time = new Date(from).getTime(); all.length < count;) all.push(new Date(time = nextRun(parseCron(cron), time)).toISOString())
      return all
    }
    console.log(JSON.stringify([runs('30 2 * * *', '2026-03-28T12:00:00Z', 2), runs('30 2 * * *', '2026-10-24T12:00:00Z', 2), runs('30 * * * *', '2026-10-24T23:45:00Z', 3)]))`
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: repository,
    env: { ...process.env, TZ: 'Europe/Berlin' },
  })
  expect(JSON.parse(String(text))).toEqual([
    ['2026-03-30T00:30:00.000Z', '2026-03-31T00:30:00.000Z'],
    ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z', '2026-10-25T02:30:00.000Z'],
  ])
})

test('an interval keeps its rhythm, and what was missed is due once', () => {
  expect(nextOf({ everyMs: 100 }, 1000, 1000)).toBe(1100)
  expect(nextOf({ everyMs: 100 }, 1000, 1099)).toBe(1100)
  expect(nextOf({ everyMs: 100 }, 1000, 1100)).toBe(1200)
  expect(nextOf({ everyMs: 100 }, 1000, 5050)).toBe(5100)
  expect(nextOf({ cron: '* * * * *' }, 0, at('2026-11-28T00:00:30Z'))).toBe(at('2026-11-28T00:01:00Z'))
  expect(nextOf({ cron: 'nonsense' }, 0, 0)).toBeUndefined()
})
