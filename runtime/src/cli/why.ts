/** `spyglass why FILE:LINE`: what a line of the application cost, asked of the collector's console. */
import { fail } from '../errors.ts'
import { askCollector, collectorOf } from './collector-client.ts'
import { durationOption } from './duration.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'

const DEFAULT_SINCE = '1h'

/** One statement or call at a line: the columns of `line-costs`. */
export interface LineCost {
  readonly service: string
  readonly location: string
  readonly function: string
  /** Of its span; what is shown where there is no statement. */
  readonly name: string
  readonly statement: string
  /** Of the statement, if the agent asked for it: lines. */
  readonly plan: string
  /** Executions in kept requests, at this line; their durations in milliseconds. */
  readonly kept: number
  readonly keptMs: number
  readonly keptP95: number
  readonly worstTraceId: string
  readonly worstMs: number
  /** Every line that the statement was called at in kept requests. */
  readonly places: readonly string[]
  /** Every execution of the statement, wherever it was called; 0 when only kept ones are known. */
  readonly calls: number
  readonly errors: number
  readonly totalMs: number
  readonly p95: number
  readonly maxMs: number
  /** What all requests of the service took. */
  readonly requestMs: number
}

interface Answer {
  readonly rows: readonly LineCost[]
  /** Lines that may have been meant, when there are no rows. */
  readonly near: readonly string[]
}

/** @throws SPY_LINE_UNKNOWN, SPY_COLLECTOR_UNREACHABLE, SPY_COLLECTOR_FORBIDDEN, SPY_COLLECTOR_REFUSED */
export async function why({ values, words: [place = ''] }: Invocation, session: Session): Promise<void> {
  const since = textOption(values, 'since') ?? DEFAULT_SINCE
  const asked = { ...placeOf(place), from: Date.now() - durationOption(since, 'since'), service: textOption(values, 'service') ?? '' }
  const collector = await collectorOf(values)
  const query = new URLSearchParams(Object.entries(asked).map(([name, value]): [string, string] => [name, String(value)]))
  const { rows, near } = (await (await askCollector(collector, `line?${query.toString()}`)).json()) as Answer
  if (rows.length === 0) throw fail('SPY_LINE_UNKNOWN', [place, since, near.length > 0 ? `Seen were ${near.join(', ')}` : NOTHING_SEEN])
  const told = rows.map((row) => ({ ...row, slowestTrace: `${collector.publicUrl}/#/trace/${row.worstTraceId}` }))
  session.print(values['json'] ? [JSON.stringify(told)] : told.flatMap((row, i) => costLines(row, since, rows[i - 1])))
}

const NOTHING_SEEN =
  'No line was: only statements and calls in requests that were slow, failed or kept for comparison are known by their line'

/** `src/orders.ts:41`, with a column or not, or the file alone: all of its lines. Of an absolute path the collector looks at the end. */
function placeOf(text: string): { readonly file: string; readonly line: number } {
  const [, path = text, line = '0'] = /^(.+?):(\d{1,7})(?::\d+)?$/.exec(text) ?? []
  return { file: path.replace(/^\.\//, ''), line: Number(line) }
}

/** `before` is what was told last: its line is not told again. */
export function costLines(row: LineCost & { readonly slowestTrace: string }, since: string, before?: LineCost): readonly string[] {
  const { service, location, statement, plan, name, places, slowestTrace } = row
  const elsewhere = places.filter((place) => place !== location)
  const isSame = before?.location === location && before.service === service
  return [
    ...(isSame ? [] : [`${location}  ${row.function ? `${row.function}  ` : ''}in ${service}, the last ${since}`]),
    `  ${(statement || name).replaceAll(/\s+/g, ' ').trim()}`,
    `    ${figures(row)}`,
    `    slowest ${milliseconds(row.worstMs)}  ${slowestTrace}`,
    ...(plan === '' ? [] : ['    plan', ...plan.split('\n').map((line) => `      ${line}`)]),
    ...(elsewhere.length > 0 && row.calls > 0 ? [`    the figures are those of all its lines: also ${elsewhere.join(', ')}`] : []),
  ]
}

function figures({ calls, errors, totalMs, p95, kept, keptMs, keptP95, requestMs }: LineCost): string {
  if (calls === 0) return `in kept requests ${kept} times  total ${milliseconds(keptMs)}  p95 ${milliseconds(keptP95)}`
  const share = requestMs > 0 ? ` = ${Math.round((100 * totalMs) / requestMs)} % of the time of requests` : ''
  const failed = errors > 0 ? `  failed ${errors}` : ''
  return `${calls} times${failed}  total ${milliseconds(totalMs)}${share}  p95 ${milliseconds(p95)}`
}

function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`
}
